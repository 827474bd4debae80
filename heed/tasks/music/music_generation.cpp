// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_generation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "heed/data/music/beat_map.h"
#include "heed/data/music/chorale_grid.h"
#include "heed/data/music/performance.h"

namespace heed::tasks {
namespace {

/// Performances rarely have more events a second. The time limit ends pieces; this only bounds the cache.
constexpr double kDensestEventsPerSecond = 60;
constexpr double kChoraleTokensPerSecond = music::Chorale::kVoices / music::Chorale::kStepSeconds;

int64_t token_budget(const music::Encoding& encoding, double seconds) {
  const double rate = encoding.period() > 1 ? kChoraleTokensPerSecond : kDensestEventsPerSecond;
  return std::max<int64_t>(encoding.period() + 1, std::llround(std::max(0.0, seconds) * rate) + 300);
}

decoding::GenerateRequest generate_request(const std::shared_ptr<const music::Encoding>& encoding,
                                           const MusicRequest& request) {
  decoding::GenerateRequest generate;
  std::vector<int64_t> prompt{encoding->begin()};
  prompt.insert(prompt.end(), request.opening.body.begin(), request.opening.body.end());
  generate.prompts = {prompt};
  generate.count = request.count;
  generate.first_sample = request.first_sample;
  generate.batch_size = request.batch_size;
  generate.max_new_tokens =
      token_budget(*encoding, request.rules.length.most_seconds - request.opening.end_seconds);
  generate.end_token = encoding->end();
  generate.seed = request.seed;
  generate.sampling = request.sampling;
  generate.constraint = music_grammar(encoding, request.rules, request.opening);
  generate.progress = request.progress;
  generate.stop = request.stop;
  return generate;
}

/// The notes that drawn tokens of a performance add. The prompt's last velocity still holds.
std::vector<music::Note> drawn_notes(const MusicOpening& opening, const music::Tokens& drawn) {
  namespace performance = music::performance;
  const auto velocity = std::find_if(opening.body.rbegin(), opening.body.rend(), [](int32_t event) {
    return event >= performance::kVelocity && event < performance::kEvents;
  });
  music::Tokens events;
  if (velocity != opening.body.rend()) events.push_back(*velocity);
  events.insert(events.end(), drawn.begin(), drawn.end());
  auto notes = music::decode_performance(events);
  for (auto& note : notes) {
    note.start += opening.offset + opening.end_seconds;
    note.end += opening.offset + opening.end_seconds;
  }
  return notes;
}

/// Gives new notes the voice and the program that most notes of the source have.
void join_voice(const std::vector<music::Note>& source, std::vector<music::Note>& notes) {
  std::map<std::pair<int, int>, int64_t> counts;
  for (const auto& note : source) ++counts[{note.voice, note.program}];
  const auto most = std::max_element(counts.begin(), counts.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == counts.end()) return;
  for (auto& note : notes) std::tie(note.voice, note.program) = most->first;
}

void compose_performance(const MusicOpening& opening, const music::Tokens& drawn, ComposedPiece& piece) {
  piece.score = opening.source;
  piece.new_notes = drawn_notes(opening, drawn);
  join_voice(opening.source.notes, piece.new_notes);
  auto& notes = piece.score.notes;
  notes.insert(notes.end(), piece.new_notes.begin(), piece.new_notes.end());
  music::sort_notes(notes);
}

/// On a grid a note may go on from the opening into the continuation.
void compose_on_grid(const music::Encoding& encoding, const MusicOpening& opening, ComposedPiece& piece) {
  piece.score = encoding.decode(piece.body);
  piece.score.beats = opening.source.beats;
  for (auto note : piece.score.notes) {
    if (note.end <= opening.end_seconds) continue;
    note.start = std::max(note.start, opening.end_seconds);
    piece.new_notes.push_back(note);
  }
}

ComposedPiece piece_of(const decoding::Generated& sample, const music::Encoding& encoding,
                       const MusicOpening& opening) {
  music::Tokens drawn;
  for (const int64_t token : sample.tokens) {
    if (token != encoding.end()) drawn.push_back(static_cast<int32_t>(token));
  }
  ComposedPiece piece;
  piece.body = opening.body;
  piece.body.insert(piece.body.end(), drawn.begin(), drawn.end());
  if (encoding.period() > 1) {
    compose_on_grid(encoding, opening, piece);
  } else {
    compose_performance(opening, drawn, piece);
  }
  if (piece.score.beats) piece.score.bar_lines = piece.score.beats->bar_lines(piece.score.duration());
  piece.primer_seconds = opening.body.empty() ? 0 : opening.offset + opening.end_seconds;
  for (const double value : sample.log_probabilities) piece.log_probability += value;
  return piece;
}

}  // namespace

music::Score continuation_of(const ComposedPiece& piece) {
  music::Score score = piece.score;
  score.notes = piece.new_notes;
  double begin = piece.primer_seconds;
  if (score.beats) {
    const int64_t bar = score.beats->bar_start(score.beats->ticks(begin));
    begin = score.beats->seconds(static_cast<double>(bar));
    score.beats = std::make_shared<const music::BeatMap>(score.beats->from(bar));
  } else if (!score.bar_lines.empty()) {
    const auto after = std::upper_bound(score.bar_lines.begin(), score.bar_lines.end(), begin + 1e-6);
    if (after != score.bar_lines.begin()) begin = *(after - 1);
  }
  std::erase_if(score.bar_lines, [&](double line) { return line < begin - 1e-6; });
  for (double& line : score.bar_lines) line = std::max(0.0, line - begin);
  for (auto& note : score.notes) {
    note.start = std::max(0.0, note.start - begin);
    note.end -= begin;
  }
  return score;
}

Composition compose(nn::SequenceModel& model, std::shared_ptr<const music::Encoding> encoding,
                    const MusicRequest& request) {
  const auto generation = decoding::generate(model, generate_request(encoding, request));
  Composition composition;
  composition.events = generation.drawn;
  composition.seconds = generation.seconds;
  for (const auto& sample : generation.samples)
    composition.pieces.push_back(piece_of(sample, *encoding, request.opening));
  return composition;
}

}  // namespace heed::tasks
