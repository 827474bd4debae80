// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/music_generation.h"

#include <cstdio>

#include "heed/cli/checks.h"
#include "heed/cli/weights_option.h"
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

tasks::MusicPrimer primer_cut(const MusicGeneration& options) {
  tasks::MusicPrimer cut;
  if (options.primer_seconds > 0) cut.seconds = options.primer_seconds;
  if (options.primer_bars > 0) cut.bars = options.primer_bars;
  if (options.primer_events > 0) cut.events = options.primer_events;
  return cut;
}

tasks::MusicRequest make_request(const Generation& generation, const MusicGeneration& options,
                                 const music::Encoding& encoding) {
  if (generation.temperatures.size() != 1)
    throw Error(ErrorKind::kUsage, "several are for models of images", "--temperature");
  tasks::MusicRequest request;
  request.count = generation.count;
  request.first_sample = generation.first_sample;
  if (generation.batch_size > 0) request.batch_size = generation.batch_size;
  request.seed = generation.seed;
  request.sampling = generation.sampling;
  request.sampling.temperature = generation.temperatures.front();
  if (!options.primer.empty())
    request.primer = tasks::cut_primer(encoding, music::read_midi_file(options.primer), primer_cut(options));
  const double given_seconds = encoding.decode(request.primer).duration();
  if (given_seconds >= options.seconds) {
    char message[160];
    std::snprintf(message, sizeof message,
                  "the primer lasts %.1f s, all of --seconds: raise that, or take less by --primer-seconds, "
                  "-bars or -events",
                  given_seconds);
    throw Error(ErrorKind::kUsage, message, options.primer);
  }
  request.length.most_seconds = options.seconds;
  request.length.least_seconds = options.least_seconds >= 0 ? options.least_seconds : options.seconds / 2;
  return request;
}

nlohmann::ordered_json write_piece(const Generation& generation, const MusicGeneration& options,
                                   const tasks::ComposedPiece& piece, int64_t sample) {
  char name[32];
  std::snprintf(name, sizeof name, "sample-%03ld", static_cast<long>(sample));
  const fs::path base = generation.output / name;
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
    roll.title = generation.model + ", sample " + std::to_string(sample);
    rendering::draw_piano_roll(piece.score, roll, with(".png"));
    entry["picture"] = with(".png").string();
  }
  if (options.wav) {
    rendering::render_wav(piece.score, with(".wav"), {});
    entry["sound"] = with(".wav").string();
  }
  return entry;
}

}  // namespace

int generate_music(const Common& common, const Generation& generation, const MusicGeneration& options) {
  const auto trained =
      tasks::load_model(generation.model, tasks::parse_device(common.device), generation.attention_backend);
  use_weights(*trained.model, generation.weights);
  const auto encoding = tasks::music_encoding(trained);
  tasks::MusicRequest request = make_request(generation, options, *encoding);
  make_folder(generation.output);
  Progress progress("generate", 0);
  request.progress = [&](int64_t drawn) { progress.update(drawn, "events"); };
  const auto composition = tasks::compose(*trained.model, encoding, request);
  char rate[64];
  std::snprintf(rate, sizeof rate, "events  %.0f events/s", composition.events_per_second());
  progress.finish(rate);

  auto files = nlohmann::ordered_json::array();
  for (size_t i = 0; i < composition.pieces.size(); ++i) {
    files.push_back(write_piece(generation, options, composition.pieces[i],
                                request.first_sample + static_cast<int64_t>(i)));
  }
  if (!common.json) {
    for (const auto& file : files) std::printf("%s\n", file["midi"].get<std::string>().c_str());
    return 0;
  }
  print_result(common, {{"model", trained.folder.string()},
                        {"events", composition.events},
                        {"events_per_second", composition.events_per_second()},
                        {"pieces", files}});
  return 0;
}

void add_music_generation(CLI::App* command, MusicGeneration& options) {
  CLI::Option_group* verb = command->add_option_group(kMusicGeneration);
  verb->add_option("--primer", options.primer, "MIDI file to go on from");
  auto* seconds = verb->add_option("--primer-seconds", options.primer_seconds, "take this much of the primer")
                      ->check(kPositive);
  auto* bars = verb->add_option("--primer-bars", options.primer_bars, "or so many bars")->check(kPositive);
  auto* events =
      verb->add_option("--primer-events", options.primer_events, "or so many events")->check(kPositive);
  seconds->excludes(bars)->excludes(events);
  bars->excludes(events);
  verb->add_option("--seconds", options.seconds, "length of a piece, primer included")
      ->check(kPositive)
      ->capture_default_str();
  verb->add_option("--least-seconds", options.least_seconds,
                   "the model may not end a piece before; default: half the length")
      ->check(kNonNegative);
  verb->add_flag("--wav", options.wav, "synthesise sample-NNN.wav too (FluidSynth)");
  verb->add_flag("--no-picture", options.no_picture, "no piano roll");
}

}  // namespace heed::cli
