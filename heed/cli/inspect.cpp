// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>

#include "heed/cli/checks.h"
#include "heed/cli/program.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/music/midi_reader.h"
#include "heed/rendering/audio.h"
#include "heed/rendering/piano_roll.h"
#include "heed/rendering/plot.h"
#include "heed/rendering/sound_font.h"

namespace heed::cli {
namespace fs = std::filesystem;
namespace {

struct InspectFlags {
  std::string input, metric = "valid/nll", title;
  std::vector<std::string> runs, names;
  fs::path output, wav;
  double highest = 0;
  bool bars = false;
};

std::string name_of(const InspectFlags& options, size_t i) {
  return i < options.names.size() ? options.names[i] : fs::path(options.runs[i]).filename().string();
}

int roll(const Common& common, const InspectFlags& options) {
  check_writable(options.output);
  if (!options.wav.empty()) {
    check_writable(options.wav);
    rendering::find_sound_font();  // else it would fail only after the picture
  }
  const music::Score score = music::read_midi_file(options.input, {.skip_percussion = false});
  rendering::PianoRollOptions drawing;
  drawing.bars = options.bars;
  drawing.colors = rendering::NoteColors::kVoices;
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

/// A metric of a run at each step that reports it.
rendering::PlotSeries curve(const fs::path& run, const std::string& metric) {
  rendering::PlotSeries series;
  std::ifstream in(run / "metrics.jsonl");
  if (!in) throw Error(ErrorKind::kData, "has no metrics.jsonl", run.string());
  for (std::string line; std::getline(in, line);) {
    const auto row = nlohmann::json::parse(line, nullptr, false);
    if (!row.is_object() || !row.contains(metric) || !row[metric].is_number() || !row.contains("step"))
      continue;
    series.x.push_back(row["step"].get<double>());
    series.y.push_back(row[metric].get<double>());
  }
  if (series.x.empty())
    throw Error(ErrorKind::kData, "metrics.jsonl has no metric '" + metric + "'", run.string());
  return series;
}

int curves(const Common& common, const InspectFlags& options) {
  check_writable(options.output);
  std::vector<rendering::PlotSeries> all;
  for (size_t i = 0; i < options.runs.size(); ++i) {
    all.push_back(curve(options.runs[i], options.metric));
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

void add_roll(Program& program, CLI::App* inspect, const std::shared_ptr<InspectFlags>& options) {
  CLI::App* verb =
      inspect->add_subcommand("roll", "Draw the piano roll of a MIDI file, and synthesise it (--wav)");
  verb->callback([&program, options] {
    program.action = [&program, options] { return roll(program.common, *options); };
  });
  verb->add_option("--input", options->input, "MIDI file")->required();
  verb->add_option("--output", options->output, "picture to write (.png)")->check(kNotEmpty)->required();
  verb->add_option("--wav", options->wav, "sound to write (.wav), with the sound font of HEED_SOUND_FONT")
      ->check(kNotEmpty);
  verb->add_flag("--bars", options->bars, "mark bars along the time axis instead of seconds");
  verb->add_option("--title", options->title, "title of the picture");
}

void add_curves(Program& program, CLI::App* inspect, const std::shared_ptr<InspectFlags>& options) {
  CLI::App* verb = inspect->add_subcommand("curves", "Draw training curves of several runs");
  verb->callback([&program, options] {
    program.action = [&program, options] { return curves(program.common, *options); };
  });
  verb->add_option("--run", options->runs, "run folders")->required();
  verb->add_option("--name", options->names, "names in the legend, one for each run");
  verb->add_option("--metric", options->metric, "metric of metrics.jsonl")->capture_default_str();
  verb->add_option("--highest", options->highest, "end of the y axis; higher values are cut off")
      ->check(kNumber);
  verb->add_option("--output", options->output, "picture to write (.png)")->check(kNotEmpty)->required();
  verb->add_option("--title", options->title, "title of the picture");
}

}  // namespace

void add_inspect(Program& program) {
  auto options = std::make_shared<InspectFlags>();
  CLI::App* inspect = program.add_verb(
      "inspect", "Pictures: attention, surprise, piano rolls, curves, loss against position", nullptr);
  inspect->require_subcommand(1);
  inspect->fallthrough();
  add_roll(program, inspect, options);
  add_curves(program, inspect, options);
}

}  // namespace heed::cli
