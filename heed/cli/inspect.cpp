// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include "heed/cli/checks.h"
#include "heed/cli/given_options.h"
#include "heed/cli/image_attention.h"
#include "heed/cli/verb.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/data/music/midi_reader.h"
#include "heed/rendering/audio.h"
#include "heed/rendering/piano_roll.h"
#include "heed/rendering/plot.h"
#include "heed/tasks/music/music_evaluation.h"
#include "heed/tasks/music/music_inspection.h"
#include "heed/tasks/music/music_task.h"
#include "heed/tasks/translation/translation_inspection.h"

namespace heed::cli {
namespace fs = std::filesystem;
namespace {

struct Options {
  std::string model, input, split = "valid", metric = "valid/nll", title, attention_backend;
  std::vector<std::string> models, names;
  Paths data;
  fs::path output, wav;
  tasks::MusicAttentionOptions attention;
  tasks::MusicEvaluationOptions evaluation;
  std::string source, target;
  tasks::TranslationAttentionOptions pair;
  ImageAttention image;
  double highest = 0;
  bool bars = false;
  const CLI::App* verb = nullptr;  ///< inspect attention
};

constexpr const char *kMusic = "Music", *kTranslation = "Translation";

std::string name_of(const Options& options, size_t i) {
  return i < options.names.size() ? options.names[i] : fs::path(options.models[i]).filename().string();
}

int pair_attention(const Common& common, const Options& options) {
  refuse_group(*options.verb, kMusic, "is for models of music");
  refuse_group(*options.verb, kImageAttention, "is for models of images");
  refuse_options(*options.verb, {"--input"}, "is for models of music and images; sentences come by --source");
  if (options.source.empty())
    throw Error(ErrorKind::kUsage, "is needed for a model that translates", "--source");
  auto translator =
      tasks::Translator::open(options.model, tasks::parse_device(common.device), options.attention_backend);
  tasks::TranslationAttentionOptions drawing = options.pair;
  drawing.layer = options.attention.layer;
  drawing.heads.assign(options.attention.heads.begin(), options.attention.heads.end());
  drawing.title = options.title.empty() ? options.model + ", " + drawing.part + " attention, layer " +
                                              std::to_string(drawing.layer)
                                        : options.title;
  const std::string target =
      tasks::draw_translation_attention(translator, options.source, options.target, drawing, options.output);
  print_result(common, {{"picture", options.output.string()}, {"target", target}});
  return 0;
}

int picture_attention(const Common& common, const Options& options) {
  refuse_group(*options.verb, kMusic, "is for models of music; " + options.model + " is one of images");
  refuse_group(*options.verb, kTranslation,
               "is for models that translate; " + options.model + " is one of images");
  ImageAttention drawing = options.image;
  drawing.model = options.model;
  drawing.attention_backend = options.attention_backend;
  drawing.input = options.input;
  drawing.title = options.title;
  drawing.output = options.output;
  drawing.layer = options.attention.layer;
  drawing.heads = options.attention.heads;
  return draw_image_attention(common, drawing);
}

int attention(const Common& common, const Options& options) {
  check_writable(options.output);
  const std::string task = tasks::task_of_model(options.model);
  if (task == "translation") return pair_attention(common, options);
  if (task == "image") return picture_attention(common, options);
  refuse_group(*options.verb, kTranslation,
               "is for models that translate; " + options.model + " is one of music");
  refuse_group(*options.verb, kImageAttention,
               "is for models of images; " + options.model + " is one of music");
  if (options.input.empty()) throw Error(ErrorKind::kUsage, "is needed for a model of music", "--input");
  const auto trained =
      tasks::load_model(options.model, tasks::parse_device(common.device), options.attention_backend);
  tasks::MusicAttentionOptions drawing = options.attention;
  drawing.title =
      options.title.empty() ? options.model + ", layer " + std::to_string(drawing.layer) : options.title;
  tasks::draw_music_attention(*trained.model, *tasks::music_encoding(trained),
                              music::read_midi_file(options.input), drawing, options.output);
  print_result(common, {{"picture", options.output.string()}});
  return 0;
}

int roll(const Common& common, const Options& options) {
  check_writable(options.output);
  if (!options.wav.empty()) check_writable(options.wav);
  const music::Score score = music::read_midi_file(options.input, {.skip_percussion = false});
  rendering::PianoRollOptions drawing;
  drawing.bars = options.bars;
  drawing.title = options.title.empty() ? fs::path(options.input).filename().string() : options.title;
  rendering::draw_piano_roll(score, drawing, options.output);
  nlohmann::ordered_json result{
      {"picture", options.output.string()}, {"notes", score.notes.size()}, {"seconds", score.duration()}};
  if (!options.wav.empty()) {
    rendering::render_wav(score, options.wav, {});
    result["sound"] = options.wav.string();
  }
  print_result(common, result);
  return 0;
}

/// A metric of metrics.jsonl against the step.
rendering::PlotSeries curve(const fs::path& run, const std::string& metric) {
  rendering::PlotSeries series;
  std::ifstream in(run / "metrics.jsonl");
  if (!in) throw Error(ErrorKind::kData, "holds no metrics.jsonl", run.string());
  for (std::string line; std::getline(in, line);) {
    const auto row = nlohmann::json::parse(line, nullptr, false);
    if (!row.is_object() || !row.contains(metric) || !row[metric].is_number() || !row.contains("step"))
      continue;
    series.x.push_back(row["step"].get<double>());
    series.y.push_back(row[metric].get<double>());
  }
  if (series.x.empty())
    throw Error(ErrorKind::kData, "its metrics.jsonl has no metric '" + metric + "'", run.string());
  return series;
}

int curves(const Common& common, const Options& options) {
  check_writable(options.output);
  std::vector<rendering::PlotSeries> all;
  for (size_t i = 0; i < options.models.size(); ++i) {
    all.push_back(curve(options.models[i], options.metric));
    all.back().name = name_of(options, i);
  }
  rendering::PlotOptions plot;
  plot.title = options.title;
  plot.x_title = "step";
  plot.y_title = options.metric;
  if (options.highest != 0) plot.y_high = options.highest;
  rendering::draw_plot(all, plot, options.output);
  print_result(common, {{"picture", options.output.string()}});
  return 0;
}

int positions(const Common& common, Options options) {
  check_writable(options.output);
  std::vector<rendering::PlotSeries> all;
  double training_length = 0;
  for (size_t i = 0; i < options.models.size(); ++i) {
    const auto trained =
        tasks::load_model(options.models[i], tasks::parse_device(common.device), options.attention_backend);
    const auto corpus = tasks::read_corpus_for(trained, options.data);
    training_length = trained.config["data"]["crop"].value_or(0.0);
    const auto result = tasks::evaluate_music(*trained.model, corpus, options.split, options.evaluation);
    rendering::PlotSeries series;
    series.name = name_of(options, i);
    for (const auto& bucket : result.by_position.buckets()) {
      series.x.push_back(static_cast<double>(bucket.begin + bucket.end) / 2);
      series.y.push_back(bucket.total.mean());
    }
    inform(series.name + ": nll " + std::to_string(result.nll()));
    all.push_back(std::move(series));
  }
  rendering::PlotOptions plot;
  plot.title = options.title.empty() ? "Loss against position" : options.title;
  plot.x_title = "position in the piece (tokens)";
  plot.y_title = "nats a token";
  if (training_length > 0) plot.markers.push_back({training_length, "training length"});
  rendering::draw_plot(all, plot, options.output);
  print_result(common, {{"picture", options.output.string()}});
  return 0;
}

void add_attention(Program& program, CLI::App* inspect, const std::shared_ptr<Options>& options) {
  auto& drawing = options->attention;
  CLI::App* verb = inspect->add_subcommand(
      "attention", "Chosen heads: arcs over a piano roll, maps over a sentence pair, or heat on an image");
  verb->callback([&program, options] {
    program.action = [&program, options] { return attention(program.common, *options); };
  });
  options->verb = verb;
  add_attention_backend(verb, options->attention_backend);
  verb->add_option("--model", options->model, "run folder, or a model's name")->required();
  verb->add_option("--output", options->output, "picture to write (.png)")->required();
  verb->add_option("--layer", drawing.layer, "from 0")->capture_default_str();
  verb->add_option("--heads", drawing.heads, "such as 0,3")->delimiter(',');
  verb->add_option("--input", options->input,
                   "MIDI file, or a picture of the size the model makes or larger");
  verb->add_option("--title", options->title, "above the picture");
  add_image_attention(verb, options->image);
  CLI::Option_group* text = verb->add_option_group(kTranslation);
  text->add_option("--source", options->source, "a sentence");
  text->add_option("--target", options->target, "and its translation; default: the model's own");
  text->add_option("--part", options->pair.part, "encoder, decoder or cross")
      ->check(CLI::IsMember({"encoder", "decoder", "cross"}))
      ->capture_default_str();
  CLI::Option_group* music = verb->add_option_group(kMusic);
  music->add_option("--begin", drawing.begin_seconds, "first second that is drawn");
  music->add_option("--end", drawing.end_seconds, "last second that is drawn; default: the end");
  music->add_option("--at", drawing.query_seconds,
                    "the notes struck last before this second look back; default: the last");
  music->add_option("--queries", drawing.queries, "how many notes look back")
      ->check(kPositive)
      ->capture_default_str();
  music->add_option("--top", drawing.top, "heaviest keys of each")->check(kPositive)->capture_default_str();
  music->add_flag("--map", drawing.map, "a heat map of queries against keys instead of arcs");
}

void add_roll(Program& program, CLI::App* inspect, const std::shared_ptr<Options>& options) {
  CLI::App* verb = inspect->add_subcommand("roll", "Piano roll, and sound by --wav, of a MIDI file");
  verb->callback([&program, options] {
    program.action = [&program, options] { return roll(program.common, *options); };
  });
  verb->add_option("--input", options->input, "MIDI file")->required();
  verb->add_option("--output", options->output, "picture to write (.png)")->required();
  verb->add_option("--wav", options->wav, "sound to write (.wav)");
  verb->add_flag("--bars", options->bars, "bars along the time axis, not seconds");
  verb->add_option("--title", options->title, "above the picture");
}

void add_curves(Program& program, CLI::App* inspect, const std::shared_ptr<Options>& options) {
  CLI::App* verb = inspect->add_subcommand("curves", "Training curves of several runs");
  verb->callback([&program, options] {
    program.action = [&program, options] { return curves(program.common, *options); };
  });
  verb->add_option("--run", options->models, "run folders")->required();
  verb->add_option("--name", options->names, "their names in the legend");
  verb->add_option("--metric", options->metric, "of metrics.jsonl")->capture_default_str();
  verb->add_option("--highest", options->highest, "where the upright axis ends; what is above is cut off");
  verb->add_option("--output", options->output, "picture to write (.png)")->required();
  verb->add_option("--title", options->title, "above the picture");
}

void add_positions(Program& program, CLI::App* inspect, const std::shared_ptr<Options>& options) {
  CLI::App* verb = inspect->add_subcommand(
      "positions", "Loss against position of several models, beyond their training length too");
  verb->callback([&program, options] {
    program.action = [&program, options] { return positions(program.common, *options); };
  });
  add_attention_backend(verb, options->attention_backend);
  verb->add_option("--model", options->models, "run folders or names")->required();
  verb->add_option("--name", options->names, "their names in the legend");
  verb->add_option("--data", options->data, "raw data, or what heed prepare wrote")->required();
  verb->add_option("--split", options->split, "train, valid or test")->capture_default_str();
  verb->add_option("--max-tokens", options->evaluation.max_tokens,
                   "first tokens of each piece; twice the training length shows most");
  verb->add_option("--pieces", options->evaluation.max_pieces, "only the first pieces; 0: all");
  verb->add_option("--bucket", options->evaluation.bucket, "tokens of a point")
      ->check(kPositive)
      ->capture_default_str();
  verb->add_option("--output", options->output, "picture to write (.png)")->required();
  verb->add_option("--title", options->title, "above the picture");
}

}  // namespace

void add_inspect(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* inspect =
      program.add_verb("inspect", "Pictures: attention, piano rolls, curves, loss against position", nullptr);
  inspect->require_subcommand(1);
  inspect->fallthrough();
  inspect->callback(nullptr);
  add_attention(program, inspect, options);
  add_roll(program, inspect, options);
  add_curves(program, inspect, options);
  add_positions(program, inspect, options);
}

}  // namespace heed::cli
