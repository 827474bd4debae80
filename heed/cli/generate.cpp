// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "heed/cli/checks.h"
#include "heed/cli/sampling_options.h"
#include "heed/cli/verb.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/data/music/midi_reader.h"
#include "heed/data/music/midi_writer.h"
#include "heed/rendering/audio.h"
#include "heed/rendering/piano_roll.h"
#include "heed/tasks/music/music_generation.h"
#include "heed/tasks/music/music_task.h"

namespace heed::cli {
namespace fs = std::filesystem;
namespace {

struct Options {
  std::string model, primer, attention_backend;
  double primer_seconds = 0, seconds = 60, least_seconds = -1;
  int64_t primer_bars = 0, primer_events = 0;
  tasks::MusicRequest request;
  fs::path output;
  bool wav = false, no_picture = false;
};

tasks::MusicPrimer primer_cut(const Options& options) {
  tasks::MusicPrimer cut;
  if (options.primer_seconds > 0) cut.seconds = options.primer_seconds;
  if (options.primer_bars > 0) cut.bars = options.primer_bars;
  if (options.primer_events > 0) cut.events = options.primer_events;
  return cut;
}

void write_piece(const Options& options, const tasks::ComposedPiece& piece, int64_t sample,
                 nlohmann::ordered_json& files) {
  char name[32];
  std::snprintf(name, sizeof name, "sample-%03ld", static_cast<long>(sample));
  const fs::path base = options.output / name;
  const auto with = [&](const char* extension) { return fs::path(base.string() + extension); };
  music::write_midi_file(with(".mid"), piece.score);
  nlohmann::ordered_json entry{{"sample", sample},
                               {"midi", with(".mid").string()},
                               {"seconds", piece.score.duration()},
                               {"notes", piece.score.notes.size()},
                               {"log_probability", piece.log_probability}};
  if (!options.no_picture) {
    rendering::PianoRollOptions roll;
    roll.primer_seconds = piece.primer_seconds;
    // Voices are told apart where there are several and no primer needs the colours.
    if (piece.primer_seconds == 0) roll.colors = rendering::NoteColors::kVoices;
    roll.title = options.model + ", sample " + std::to_string(sample);
    rendering::draw_piano_roll(piece.score, roll, with(".png"));
    entry["picture"] = with(".png").string();
  }
  if (options.wav) {
    rendering::render_wav(piece.score, with(".wav"), {});
    entry["sound"] = with(".wav").string();
  }
  files.push_back(entry);
}

int generate(const Common& common, const Options& given) {
  Options options = given;
  const at::Device device = tasks::parse_device(common.device);
  const auto trained = tasks::load_model(options.model, device, options.attention_backend);
  const auto encoding = tasks::music_encoding(trained);
  auto& request = options.request;
  if (!options.primer.empty()) {
    request.primer = tasks::cut_primer(*encoding, music::read_midi_file(options.primer), primer_cut(options));
  }
  const double given_seconds = encoding->decode(request.primer).duration();
  if (given_seconds >= options.seconds) {
    char message[160];
    std::snprintf(message, sizeof message,
                  "the primer lasts %.1f s, all of --seconds: raise that, or take less by --primer-seconds, "
                  "-bars or -events",
                  given_seconds);
    throw Error(ErrorKind::kUsage, message, options.primer);
  }
  make_folder(options.output);
  request.length.most_seconds = options.seconds;
  request.length.least_seconds = options.least_seconds >= 0 ? options.least_seconds : options.seconds / 2;
  Progress progress("generate", 0);
  request.progress = [&](int64_t drawn) { progress.update(drawn, "events"); };
  const auto composition = tasks::compose(*trained.model, encoding, request);
  char rate[64];
  std::snprintf(rate, sizeof rate, "events  %.0f events/s", composition.events_per_second());
  progress.finish(rate);

  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (size_t i = 0; i < composition.pieces.size(); ++i) {
    write_piece(options, composition.pieces[i], request.first_sample + static_cast<int64_t>(i), files);
  }
  nlohmann::ordered_json result{{"model", trained.folder.string()},
                                {"events", composition.events},
                                {"events_per_second", composition.events_per_second()}};
  if (common.json) {
    result["pieces"] = files;
  } else {
    for (const auto& file : files) std::printf("%s\n", file["midi"].get<std::string>().c_str());
  }
  if (common.json) print_result(common, result);
  return 0;
}

}  // namespace

void add_generate(Program& program) {
  auto options = std::make_shared<Options>();
  auto& request = options->request;
  CLI::App* verb =
      program.add_verb("generate", "Compose: from nothing, or going on from the opening of a piece",
                       [&program, options] { return generate(program.common, *options); });
  add_attention_backend(verb, options->attention_backend);
  verb->add_option("--model", options->model, "run folder, or a model's name (chorales)")->required();
  verb->add_option("--output", options->output, "folder for sample-NNN.mid and .png")->required();
  verb->add_option("--primer", options->primer, "MIDI file to go on from");
  auto* seconds =
      verb->add_option("--primer-seconds", options->primer_seconds, "take this much of the primer")
          ->check(kPositive);
  auto* bars = verb->add_option("--primer-bars", options->primer_bars, "or so many bars")->check(kPositive);
  auto* events =
      verb->add_option("--primer-events", options->primer_events, "or so many events")->check(kPositive);
  seconds->excludes(bars)->excludes(events);
  bars->excludes(events);
  verb->add_option("--seconds", options->seconds, "length of a piece, primer included")
      ->check(kPositive)
      ->capture_default_str();
  verb->add_option("--least-seconds", options->least_seconds,
                   "the model may not end a piece before; default: half the length")
      ->check(kNonNegative);
  verb->add_option("--count", request.count, "pieces to make")->check(kPositive)->capture_default_str();
  verb->add_option("--first-sample", request.first_sample,
                   "number of the first: 3 gives again the fourth of a larger count")
      ->check(kNonNegative);
  verb->add_option("--seed", request.seed, "the same seed gives the same pieces, whatever count and batch")
      ->capture_default_str();
  verb->add_option("--batch-size", request.batch_size, "pieces made together")
      ->check(kPositive)
      ->capture_default_str();
  add_sampling_options(verb, request.sampling);
  verb->add_flag("--wav", options->wav, "synthesise sample-NNN.wav too (FluidSynth)");
  verb->add_flag("--no-picture", options->no_picture, "no piano roll");
}

}  // namespace heed::cli
