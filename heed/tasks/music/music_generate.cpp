// SPDX-License-Identifier: Apache-2.0
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/log.h"
#include "heed/core/progress.h"
#include "heed/data/music/midi_reader.h"
#include "heed/data/music/midi_writer.h"
#include "heed/rendering/audio.h"
#include "heed/rendering/piano_roll.h"
#include "heed/rendering/sound_font.h"
#include "heed/tasks/generation_options.h"
#include "heed/tasks/music/music_actions.h"
#include "heed/tasks/music/music_generation.h"
#include "heed/tasks/music/music_model.h"
#include "heed/tasks/music/training_progress.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace fs = std::filesystem;
namespace {

struct GenerateMusicOptions : GenerationOptions {
  fs::path primer;
  MusicPrimer cut;
  bool continuation_only = false;
  double seconds = 60;
  std::optional<double> min_seconds;
  std::optional<double> longest_note;
  std::optional<int64_t> most_notes, lowest_pitch, highest_pitch;
  bool no_note_limits = false;
  bool wav = false, no_picture = false;
};

Fields note_fields(GenerateMusicOptions& options) {
  const std::string data = "as in the training data";
  const std::vector<std::string> limits{"longest_note", "most_notes", "lowest_pitch", "highest_pitch"};
  return {
      default_text({"longest_note", &options.longest_note,
                    "a note is released after so many seconds; 0: no limit", at_least(0)},
                   data),
      default_text({"most_notes", &options.most_notes, "notes that sound at once; 0: no limit", at_least(0)},
                   data),
      default_text({"lowest_pitch", &options.lowest_pitch, "lowest key, 60 is middle C", between(0, 127)},
                   data),
      default_text({"highest_pitch", &options.highest_pitch, "highest key", between(0, 127)}, data),
      excludes(
          {"no_note_limits", &options.no_note_limits, "any key, any number of notes at once, for any time"},
          limits)};
}

Fields fields(GenerateMusicOptions& options) {
  auto& cut = options.cut;
  const Fields primer{
      {"primer", &options.primer, "MIDI file to continue"},
      needs(excludes({"primer_seconds", &cut.seconds, "take this much of the primer", above(0)},
                     {"primer_bars", "primer_events"}),
            {"primer"}),
      needs(excludes({"primer_bars", &cut.bars, "take this many bars of it", at_least(1)}, {"primer_events"}),
            {"primer"}),
      needs({"primer_events", &cut.events, "take this many events of it", at_least(1)}, {"primer"}),
      needs({"continuation_only", &options.continuation_only,
             "write what is new only, from the beginning of its first bar"},
            {"primer"})};
  const Fields piece{
      {"seconds", &options.seconds, "length of a piece, the primer included", above(0)},
      default_text({"min_seconds", &options.min_seconds, "a piece does not end before", at_least(0)},
                   "half the length"),
      {"wav", &options.wav,
       "also synthesise sample-NNN.wav (FluidSynth, with the sound font that HEED_SOUND_FONT names, else an "
       "installed one)"},
      {"no_picture", &options.no_picture, "do not draw piano rolls"}};
  return generation_fields(options, "pieces") + under("Piece", piece) + under("Primer", primer) +
         under("Notes", note_fields(options)) + under("Sampling", decoding::fields(options.sampling));
}

void check(const GenerateMusicOptions& options, const std::vector<std::string>& /*given*/) {
  if (options.min_seconds && *options.min_seconds > options.seconds) {
    throw Error(
        ErrorKind::kUsage,
        "must not be more than the length of a piece, " + short_number(options.seconds) + " s (seconds)",
        FieldName{"min_seconds"});
  }
  if (options.lowest_pitch.value_or(0) > options.highest_pitch.value_or(127))
    throw Error(ErrorKind::kUsage, "must not be above highest_pitch", FieldName{"lowest_pitch"});
  if (options.wav) rendering::find_sound_font();  // before any work, not after it
}

NoteLimits note_limits(const GenerateMusicOptions& options, const MusicModel& model) {
  if (options.no_note_limits) return {};
  NoteLimits limits = trained_note_limits(model.trained.config, *model.encoding);
  limits.longest_seconds = options.longest_note.value_or(limits.longest_seconds);
  limits.most_notes = options.most_notes.value_or(limits.most_notes);
  limits.lowest_pitch = options.lowest_pitch.value_or(limits.lowest_pitch);
  limits.highest_pitch = options.highest_pitch.value_or(limits.highest_pitch);
  if (limits.lowest_pitch > limits.highest_pitch) {
    throw Error(ErrorKind::kUsage,
                "leaves no key: the range is " + std::to_string(limits.lowest_pitch) + " to " +
                    std::to_string(limits.highest_pitch) + "; set both ends",
                FieldName{options.lowest_pitch ? "lowest_pitch" : "highest_pitch"});
  }
  return limits;
}

/// Lengths count from the start of the primer's file; those of the rules from second 0 of the encoding.
MusicLength piece_length(const GenerateMusicOptions& options, const MusicOpening& opening) {
  const double given_seconds = opening.offset + opening.end_seconds;
  if (given_seconds >= options.seconds) {
    throw Error(ErrorKind::kUsage,
                "must be more than the primer's " + fixed_number(given_seconds, 1) +
                    " s; raise it, or take less of the primer (primer_seconds, primer_bars, primer_events)",
                FieldName{"seconds"});
  }
  return {.least_seconds = options.min_seconds.value_or(options.seconds / 2) - opening.offset,
          .most_seconds = options.seconds - opening.offset};
}

MusicRequest make_request(const GenerateMusicOptions& options, const MusicModel& model) {
  MusicRequest request;
  request.count = options.count;
  request.first_sample = options.first_sample;
  request.batch_size = options.batch_size;
  request.seed = options.seed;
  request.sampling = options.sampling;
  if (!options.primer.empty())
    request.opening = cut_primer(*model.encoding, music::read_midi_file(options.primer), options.cut);
  request.rules = {piece_length(options, request.opening), note_limits(options, model)};
  return request;
}

void warn_if_barely_trained(const MusicModel& model) {
  const auto progress = read_training_progress(model.trained.folder);
  if (!progress) return;
  const std::string note = barely_trained_note(*progress, model.encoding->vocabulary_size());
  if (!note.empty()) warn(note);
}

void draw_picture(const music::Score& score, double primer_seconds, const std::string& title,
                  const fs::path& picture) {
  rendering::PianoRollOptions roll;
  roll.primer_seconds = primer_seconds;
  // A colour for each voice, unless the colours are needed to show the primer.
  if (primer_seconds == 0) roll.colors = rendering::NoteColors::kVoices;
  roll.title = title;
  rendering::draw_piano_roll(score, roll, picture);
}

Json write_piece(const GenerateMusicOptions& options, const std::string& model, const ComposedPiece& piece,
                 int64_t sample) {
  const std::string base = (options.output / sample_name(sample)).string();
  const music::Score score = options.continuation_only ? continuation_of(piece) : piece.score;
  music::write_midi_file(base + ".mid", score);
  Json entry{{"sample", sample},
             {"midi", base + ".mid"},
             {"seconds", score.duration()},
             {"notes", score.notes.size()},
             {"log_probability", piece.log_probability}};
  if (!options.no_picture) {
    draw_picture(score, options.continuation_only ? 0 : piece.primer_seconds,
                 model + ", sample " + std::to_string(sample), base + ".png");
    entry["picture"] = base + ".png";
  }
  if (options.wav) {
    rendering::render_wav(score, base + ".wav", {});
    entry["sound"] = base + ".wav";
  }
  return entry;
}

Composition compose_with_progress(const MusicModel& model, MusicRequest request) {
  Progress progress("generate", 0);
  request.progress = [&](int64_t drawn) { progress.update(drawn, "events"); };
  auto composition = compose(model.model(), model.encoding, request);
  progress.finish("events  " + fixed_number(composition.events_per_second(), 0) + " events/s");
  return composition;
}

Answer generate(const MusicModel& model, GenerateMusicOptions& options, const Call& call) {
  MusicRequest request = make_request(options, model);
  request.stop = call.stop;
  warn_if_barely_trained(model);
  make_folder(options.output);
  const auto composition = compose_with_progress(model, std::move(request));
  Answer answer;
  auto files = Json::array();
  for (size_t i = 0; i < composition.pieces.size(); ++i) {
    files.push_back(write_piece(options, model_title(model.trained.folder), composition.pieces[i],
                                options.first_sample + static_cast<int64_t>(i)));
    answer.lines.push_back(files.back()["midi"].get<std::string>());
  }
  answer.json = {{"model", model.trained.folder.string()},
                 {"events", composition.events},
                 {"events_per_second", composition.events_per_second()},
                 {"pieces", files}};
  return answer;
}

}  // namespace

Action generate_music_action() {
  return model_action("generate", "Compose pieces, from nothing or from the opening of a MIDI file",
                      generate);
}

}  // namespace heed::tasks
