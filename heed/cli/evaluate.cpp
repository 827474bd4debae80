// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <ATen/core/grad_mode.h>

#include "heed/cli/checks.h"
#include "heed/cli/given_options.h"
#include "heed/cli/image_scoring.h"
#include "heed/cli/translation_scoring.h"
#include "heed/cli/verb.h"
#include "heed/cli/weights_option.h"
#include "heed/core/error.h"
#include "heed/core/memory.h"
#include "heed/core/progress.h"
#include "heed/tasks/music/music_evaluation.h"
#include "heed/tasks/music/music_task.h"

namespace heed::cli {
namespace {

constexpr const char* kMusic = "Music";

struct Options {
  std::string model, split = "valid", attention_backend;
  nn::WeightType weights = nn::WeightType::kFloat32;
  Paths data;
  int64_t batch_size = 0;
  TranslationScoring translation;
  ImageScoring images;
  const CLI::App* verb = nullptr;
  tasks::MusicEvaluationOptions evaluation;
  tasks::MotifOptions motif;
  bool by_position = false, motifs = false;
  uint64_t seed = 1;
  double temperature = 1;
};

nlohmann::ordered_json position_rows(const evaluation::LossByPosition& positions) {
  auto rows = nlohmann::ordered_json::array();
  for (const auto& bucket : positions.buckets()) {
    rows.push_back({{"begin", bucket.begin},
                    {"end", bucket.end},
                    {"nll", bucket.total.mean()},
                    {"tokens", bucket.total.tokens}});
  }
  return rows;
}

nlohmann::ordered_json mean_row(const evaluation::MeanWithError& value) {
  return {{"mean", value.mean}, {"standard_error", value.standard_error}, {"pieces", value.count}};
}

int evaluate_motifs(const Common& common, Options options, const tasks::TrainedModel& trained,
                    const music::Corpus& corpus) {
  Progress progress("motifs", options.motif.pieces * options.motif.continuation_tokens);
  options.motif.seed = options.seed;
  options.motif.sampling.temperature = options.temperature;
  options.motif.progress = [&](int64_t done, int64_t) { progress.update(done, "tokens"); };
  const auto motifs = tasks::evaluate_motifs(*trained.model, corpus, options.split, options.motif);
  progress.finish();
  print_result(common, {{"model", trained.folder.string()},
                        {"split", options.split},
                        {"motif_share_generated", mean_row(motifs.generated)},
                        {"motif_share_real", mean_row(motifs.real)},
                        {"motif_distance", mean_row(motifs.distance)}});
  return 0;
}

bool is_of_text(const Options& options) {
  const auto& translation = options.translation;
  if (!translation.references.empty() || !translation.source.empty() || !translation.hypothesis.empty())
    return true;
  return !options.model.empty() && tasks::task_of_model(options.model) == "translation";
}

int evaluate_text(const Common& common, const Options& options) {
  refuse_group(*options.verb, kMusic, "is for models of music");
  refuse_group(*options.verb, kImageScoring, "is for models of images");
  refuse_options(*options.verb, {"--seed", "--temperature"},
                 "is for what is drawn; translations are searched");
  TranslationScoring scoring = options.translation;
  scoring.model = options.model;
  scoring.attention_backend = options.attention_backend;
  scoring.weights = options.weights;
  scoring.data = options.data;
  scoring.split = options.split;
  if (options.batch_size > 0) scoring.evaluation.translate.batch_size = options.batch_size;
  check_translation_scoring(*options.verb, scoring);
  return evaluate_translation(common, scoring);
}

int evaluate_pictures(const Common& common, const Options& options) {
  refuse_group(*options.verb, kMusic, "is for models of music; " + options.model + " is one of images");
  if (options.images.super_resolution) {
    refuse_options(*options.verb, {"--max-images"}, "goes without --super-resolution: say --sampled-images");
  } else {
    refuse_options(*options.verb, {"--seed", "--temperature", "--sampled-images"},
                   "goes with --super-resolution; bits/dim are exact, nothing is drawn");
  }
  ImageScoring scoring = options.images;
  scoring.model = options.model;
  scoring.attention_backend = options.attention_backend;
  scoring.weights = options.weights;
  scoring.data = options.data;
  scoring.split = options.split;
  if (options.batch_size > 0)
    scoring.likelihood.batch_size = scoring.sampling.batch_size = options.batch_size;
  scoring.sampling.seed = options.seed;
  scoring.sampling.sampling.temperature = options.temperature;
  return evaluate_images(common, scoring);
}

int evaluate(const Common& common, Options options) {
  keep_freed_memory();
  if (is_of_text(options)) return evaluate_text(common, options);
  if (options.model.empty()) throw Error(ErrorKind::kUsage, "--model is needed", "evaluate");
  const bool of_images = tasks::task_of_model(options.model) == "image";
  for (const auto& heading : translation_headings())
    refuse_group(
        *options.verb, heading,
        "is for models that translate; " + options.model + " is one of " + (of_images ? "images" : "music"));
  if (options.data.empty()) throw Error(ErrorKind::kUsage, "--data is needed", "evaluate");
  if (of_images) return evaluate_pictures(common, options);
  refuse_group(*options.verb, kImageScoring,
               "is for models of images; " + options.model + " is one of music");
  if (options.batch_size > 0) options.evaluation.windows.batch = options.batch_size;
  const auto& windows = options.evaluation.windows;
  if (windows.context > 0 && windows.stride > windows.context) {
    throw Error(ErrorKind::kUsage, "must not be more than --context: tokens would be left out", "--stride");
  }
  const auto trained =
      tasks::load_model(options.model, tasks::parse_device(common.device), options.attention_backend);
  use_weights(*trained.model, options.weights);
  const auto corpus = tasks::read_corpus_for(trained, options.data);
  if (options.motifs) return evaluate_motifs(common, options, trained, corpus);

  Progress progress("evaluate", static_cast<int64_t>(corpus.split(options.split).size()));
  options.evaluation.progress = [&](int64_t done, int64_t /*pieces*/, double nll) {
    char detail[48];
    std::snprintf(detail, sizeof detail, "pieces  nll %.4f", nll);
    progress.update(done, detail);
  };
  const auto result = tasks::evaluate_music(*trained.model, corpus, options.split, options.evaluation);
  progress.finish("pieces");
  nlohmann::ordered_json json{{"nll", result.nll()},
                              {"unit", corpus.encoding->unit()},
                              {"units", result.units},
                              {"tokens", result.tokens},
                              {"pieces", result.pieces},
                              {"total_nats", result.total_nats},
                              {"context", options.evaluation.windows.context},
                              {"copy_baseline_accuracy", result.copy_share},
                              {"split", options.split},
                              {"model", trained.folder.string()}};
  if (options.by_position) json["by_position"] = position_rows(result.by_position);
  print_result(common, json);
  return 0;
}

}  // namespace

void add_evaluate(Program& program) {
  auto options = std::make_shared<Options>();
  auto& evaluation = options->evaluation;
  auto& motif = options->motif;
  CLI::App* command = program.add_verb(
      "evaluate",
      "Music: negative log-likelihood of a split, in nats a token (chorales) or event (performances).\n"
      "Translation: BLEU, chrF and perplexity of a model, or of hypotheses from elsewhere.\n"
      "Images: exact bits/dim of a split; of super-resolution also what samples are like",
      [&program, options] { return evaluate(program.common, *options); });
  options->verb = command;
  add_attention_backend(command, options->attention_backend);
  add_weights(command, options->weights);
  command->add_option("--model", options->model, "run folder, or a model's name");
  command->add_option("--data", options->data, "raw data, or what heed prepare wrote");
  command->add_option("--split", options->split, "train, valid or test")
      ->check(CLI::IsMember({"train", "valid", "test"}))
      ->capture_default_str();
  command
      ->add_option("--batch-size", options->batch_size,
                   "windows, sentences or images in one pass; 0: as suits the task")
      ->check(from_to(0, 1 << 20));
  command
      ->add_option("--seed", options->seed,
                   "of what is drawn: continuations (--motifs), images (--super-resolution)")
      ->capture_default_str();
  command->add_option("--temperature", options->temperature, "that they are drawn at")
      ->check(kNonNegative)
      ->capture_default_str();
  add_translation_scoring(command, options->translation);
  add_image_scoring(command, options->images);
  CLI::Option_group* verb = command->add_option_group(kMusic);
  verb->add_option("--context", evaluation.windows.context,
                   "tokens the model sees at once, in sliding windows; 0: whole pieces")
      ->check(kNonNegative);
  verb->add_option("--stride", evaluation.windows.stride,
                   "how far windows move on; default: half the context")
      ->check(kNonNegative);
  verb->add_flag("--restart-positions", evaluation.windows.restart_positions,
                 "positions count from 0 in each window");
  verb->add_option("--pieces", evaluation.max_pieces, "only the first pieces; 0: all")->check(kNonNegative);
  verb->add_option("--max-tokens", evaluation.max_tokens, "only the first tokens of each piece; 0: all")
      ->check(kNonNegative);
  verb->add_flag("--by-position", options->by_position, "with --json: the loss in buckets of position too");
  verb->add_option("--bucket", evaluation.bucket, "tokens of such a bucket")
      ->check(kPositive)
      ->capture_default_str();
  verb->add_flag("--motifs", options->motifs,
                 "instead: how many of a primer's 4-note patterns return in its continuation");
  verb->add_option("--motif-pieces", motif.pieces, "pieces for --motifs")
      ->check(kPositive)
      ->capture_default_str();
  verb->add_option("--primer-events", motif.primer_tokens, "tokens of their primers")
      ->check(kPositive)
      ->capture_default_str();
  verb->add_option("--continuation-events", motif.continuation_tokens, "tokens to compose")
      ->check(kPositive)
      ->capture_default_str();
}

}  // namespace heed::cli
