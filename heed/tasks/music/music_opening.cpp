// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_opening.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <utility>

#include "heed/core/error.h"
#include "heed/data/music/beat_map.h"
#include "heed/data/music/chorale_grid.h"
#include "heed/data/music/performance.h"

namespace heed::tasks {
namespace performance = music::performance;
namespace {

/// The grid of performances is 10 ms: coarser ticks would make the continuation limp.
constexpr int kLeastTicksPerQuarter = 96, kChoraleTicksPerQuarter = 480;

double cut_time(const music::Score& score, const MusicPrimer& primer) {
  if (primer.seconds) return *primer.seconds;
  if (score.bar_lines.empty())
    throw Error(ErrorKind::kData, "the primer has no bars; cut it by seconds or events");
  const auto bar = static_cast<size_t>(std::max<int64_t>(0, *primer.bars));
  return bar < score.bar_lines.size() ? score.bar_lines[bar] : score.duration();
}

bool is_grid(const music::Encoding& encoding) {
  return encoding.period() > 1;
}

/// Shortens the last time shift of a performance so that it ends at `end`.
void trim_last_shift(music::Tokens& body, double end) {
  if (body.empty() || body.back() < performance::kShift || body.back() >= performance::kVelocity) return;
  const auto left = std::llround((end - music::event_seconds(body).back()) / performance::kStepSeconds);
  const int32_t steps = body.back() - performance::kShift + 1;
  if (left >= steps) return;
  body.pop_back();
  if (left > 0) body.push_back(performance::kShift + static_cast<int32_t>(left) - 1);
}

/// The tokens of the opening, in whole steps.
music::Tokens cut_tokens(const music::Encoding& encoding, const music::Score& score, const music::Tokens& all,
                         const MusicPrimer& primer) {
  music::Tokens body = all;
  if (primer.events)
    body.resize(std::min(body.size(), static_cast<size_t>(std::max<int64_t>(0, *primer.events))));
  if (primer.seconds || primer.bars) {
    double end = encoding.encoded_seconds(score, cut_time(score, primer));
    // As notes are rounded: else a note on a bar line could fall before the line.
    if (!is_grid(encoding)) end = std::round(end / performance::kStepSeconds) * performance::kStepSeconds;
    const auto seconds = encoding.token_seconds(body);
    const auto past = std::find_if(seconds.begin(), seconds.end(), [&](double t) { return t >= end - 1e-6; });
    body.resize(static_cast<size_t>(past - seconds.begin()));
    if (!is_grid(encoding)) trim_last_shift(body, end);
  }
  const auto period = static_cast<size_t>(encoding.period());
  body.resize(body.size() / period * period);
  return body;
}

/// Where each note that sounds at the end of `body` ends in `all`, of which `body` is the beginning.
std::vector<HeldNote> held_notes(const music::Tokens& all, const music::Tokens& body) {
  std::set<int> sounding;
  for (const int32_t event : body) {
    if (event < performance::kNoteOff) sounding.insert(event);
    if (event >= performance::kNoteOff && event < performance::kShift)
      sounding.erase(event - performance::kNoteOff);
  }
  std::vector<HeldNote> held;
  const auto seconds = music::event_seconds(all);
  for (size_t i = body.size(); i < all.size() && !sounding.empty(); ++i) {
    const int pitch = all[i] - performance::kNoteOff;
    if (all[i] < performance::kShift && sounding.erase(pitch) > 0) held.push_back({pitch, seconds[i]});
  }
  return held;
}

/// The notes of the score that the opening of a performance strikes.
std::vector<music::Note> struck_notes(const music::Score& score, const music::Tokens& body, double offset) {
  music::Tokens sounding_on = body;
  sounding_on.push_back(performance::kShift);  // else the notes struck last would have no length
  const auto step_of = [](double seconds) { return std::llround(seconds / performance::kStepSeconds); };
  std::set<std::pair<int, int64_t>> struck;
  for (const auto& note : music::decode_performance(sounding_on))
    struck.emplace(note.pitch, step_of(note.start));
  std::vector<music::Note> notes;
  for (const auto& note : score.notes) {
    const int64_t step = step_of(note.start - offset);
    // A very short note may have been moved one step back (performance.cpp).
    if (!note.drum && (struck.count({note.pitch, step}) > 0 || struck.count({note.pitch, step - 1}) > 0))
      notes.push_back(note);
  }
  return notes;
}

/// Tempo and metre of a performance up to the cut, in ticks fine enough for its grid.
std::shared_ptr<const music::BeatMap> performed_beats(const music::BeatMap& beats, double end) {
  const int division = beats.ticks_per_quarter();
  const int factor = (kLeastTicksPerQuarter + division - 1) / division;
  return std::make_shared<const music::BeatMap>(beats.until(beats.ticks(end)).finer(factor));
}

/// The metre of the source on the grid of chorales, which has a tempo of its own.
std::shared_ptr<const music::BeatMap> grid_beats(const music::Score& score, const music::BeatMap& beats,
                                                 double end) {
  constexpr double kQuarter = music::Chorale::kQuarterSeconds;
  std::vector<music::TimeSignature> signatures;
  for (auto signature : beats.signatures()) {
    const double quarters = beats.seconds(static_cast<double>(signature.tick)) / score.quarter_seconds;
    signature.tick = std::llround(quarters * kChoraleTicksPerQuarter);
    signatures.push_back(signature);
  }
  const music::BeatMap grid(
      kChoraleTicksPerQuarter,
      {{.tick = 0, .quarter_microseconds = static_cast<uint32_t>(std::llround(kQuarter * 1e6))}}, signatures);
  return std::make_shared<const music::BeatMap>(grid.until(grid.ticks(end)));
}

}  // namespace

MusicOpening cut_primer(const music::Encoding& encoding, const music::Score& score,
                        const MusicPrimer& primer) {
  const music::Tokens all = encoding.encode(score);
  MusicOpening opening;
  opening.body = cut_tokens(encoding, score, all, primer);
  const bool sounds = std::any_of(opening.body.begin(), opening.body.end(),
                                  [&](int32_t token) { return encoding.pitch(token).has_value(); });
  if (!sounds) throw Error(ErrorKind::kData, "the opening contains no note; take more of the primer");
  const bool grid = is_grid(encoding);
  opening.source.quarter_seconds = score.quarter_seconds;
  opening.source.voice_names = score.voice_names;
  if (grid) {
    opening.end_seconds = static_cast<double>(opening.body.size() / static_cast<size_t>(encoding.period())) *
                          music::Chorale::kStepSeconds;
    if (score.beats && !score.beats->signatures().empty())
      opening.source.beats = grid_beats(score, *score.beats, opening.end_seconds);
    return opening;
  }
  opening.offset = -encoding.encoded_seconds(score, 0);
  music::Tokens and_then = opening.body;
  and_then.push_back(performance::kEnd);
  opening.end_seconds = music::event_seconds(and_then).back();
  opening.held = held_notes(all, opening.body);
  opening.source.notes = struck_notes(score, opening.body, opening.offset);
  if (score.beats) opening.source.beats = performed_beats(*score.beats, opening.offset + opening.end_seconds);
  return opening;
}

}  // namespace heed::tasks
