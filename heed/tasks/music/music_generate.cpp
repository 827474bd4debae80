// SPDX-License-Identifier: Apache-2.0
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/data/music/midi_reader.h"
#include "heed/data/music/midi_writer.h"
#include "heed/rendering/audio.h"
#include "heed/rendering/piano_roll.h"
#include "heed/tasks/generation_options.h"
#include "heed/tasks/music/music_actions.h"
#include "heed/tasks/music/music_generation.h"
#include "heed/tasks/music/music_model.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace fs = std::filesystem;
namespace {

struct GenerateMusicOptions : GenerationOptions {
  fs::path primer;
  MusicPrimer cut;
  double seconds = 60;
  std::optional<double> min_seconds;
  bool wav = false, no_picture = false;
};

Fields fields(GenerateMusicOptions& options) {
  auto& cut = options.cut;
  const Fields primer{
      {"primer", &options.primer, "MIDI file to continue"},
      needs(excludes({"primer_seconds", &cut.seconds, "take this much of the primer", above(0)},
                     {"primer_bars", "primer_events"}),
            {"primer"}),
      needs(excludes({"primer_bars", &cut.bars, "take this many bars of it", at_least(1)}, {"primer_events"}),
            {"primer"}),
      needs({"primer_events", &cut.events, "take this many events of it", at_least(1)}, {"primer"})};
  const Fields piece{
      {"seconds", &options.seconds, "length of a piece, the primer included", above(0)},
      default_text({"min_seconds", &options.min_seconds, "a piece does not end before", at_least(0)},
                   "half the length"),
      {"wav", &options.wav, "also synthesise sample-NNN.wav (FluidSynth)"},
      {"no_picture", &options.no_picture, "do not draw piano rolls"}};
  return generation_fields(options, "pieces") + under("Piece", piece) + under("Primer", primer) +
         under("Sampling", decoding::fields(options.sampling));
}

MusicRequest make_request(const GenerateMusicOptions& options, const music::Encoding& encoding) {
  MusicRequest request;
  request.count = options.count;
  request.first_sample = options.first_sample;
  request.batch_size = options.batch_size;
  request.seed = options.seed;
  request.sampling = options.sampling;
  if (!options.primer.empty())
    request.primer = cut_primer(encoding, music::read_midi_file(options.primer), options.cut);
  const double given_seconds = encoding.decode(request.primer).duration();
  if (given_seconds >= options.seconds) {
    throw Error(ErrorKind::kUsage,
                "must be more than the primer's " + fixed_number(given_seconds, 1) +
                    " s; raise it, or take less of the primer (primer_seconds, primer_bars, primer_events)",
                FieldName{"seconds"});
  }
  request.length.most_seconds = options.seconds;
  request.length.least_seconds = options.min_seconds.value_or(options.seconds / 2);
  return request;
}

void draw_picture(const ComposedPiece& piece, const std::string& title, const fs::path& picture) {
  rendering::PianoRollOptions roll;
  roll.primer_seconds = piece.primer_seconds;
  // A colour for each voice, unless the colours are needed to show the primer.
  if (piece.primer_seconds == 0) roll.colors = rendering::NoteColors::kVoices;
  roll.title = title;
  rendering::draw_piano_roll(piece.score, roll, picture);
}

Json write_piece(const GenerateMusicOptions& options, const std::string& model, const ComposedPiece& piece,
                 int64_t sample) {
  const std::string base = (options.output / sample_name(sample)).string();
  music::write_midi_file(base + ".mid", piece.score);
  Json entry{{"sample", sample},
             {"midi", base + ".mid"},
             {"seconds", piece.score.duration()},
             {"notes", piece.score.notes.size()},
             {"log_probability", piece.log_probability}};
  if (!options.no_picture) {
    draw_picture(piece, model + ", sample " + std::to_string(sample), base + ".png");
    entry["picture"] = base + ".png";
  }
  if (options.wav) {
    rendering::render_wav(piece.score, base + ".wav", {});
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
  MusicRequest request = make_request(options, *model.encoding);
  request.stop = call.stop;
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
