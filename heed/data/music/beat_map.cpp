// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/beat_map.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace heed::music {
namespace {

constexpr double kMicrosecondSeconds = 1e-6;
constexpr size_t kMostBarLines = 100'000;

MidiEvents timing_of(int ticks_per_quarter, std::vector<TempoChange> tempos,
                     std::vector<TimeSignature> signatures) {
  MidiEvents timing;
  timing.ticks_per_quarter = ticks_per_quarter;
  timing.tempos = std::move(tempos);
  timing.signatures = std::move(signatures);
  return timing;
}

/// The changes before a tick; a change at tick 0 is always one.
template <class Change>
std::vector<Change> changes_until(const std::vector<Change>& all, int64_t tick) {
  std::vector<Change> kept;
  for (const Change& change : all) {
    if (change.tick < tick || change.tick == 0) kept.push_back(change);
  }
  return kept;
}

/// The last change at or before a tick moved to 0, and the later ones.
template <class Change>
std::vector<Change> changes_from(const std::vector<Change>& all, int64_t tick) {
  std::vector<Change> moved;
  for (Change change : all) {
    if (change.tick <= tick) moved.clear();
    change.tick = std::max<int64_t>(change.tick - tick, 0);
    moved.push_back(change);
  }
  return moved;
}

double bar_ticks(const TimeSignature& signature, int ticks_per_quarter) {
  return 4.0 * ticks_per_quarter * signature.numerator / signature.denominator;
}

}  // namespace

BeatMap::BeatMap(int ticks_per_quarter, std::vector<TempoChange> tempos,
                 std::vector<TimeSignature> signatures)
    : timing_(timing_of(ticks_per_quarter, std::move(tempos), std::move(signatures))), tempo_(timing_) {}

int64_t BeatMap::ticks(double seconds) const {
  const auto later = std::partition_point(
      timing_.tempos.begin(), timing_.tempos.end(),
      [&](const TempoChange& change) { return tempo_.seconds(static_cast<double>(change.tick)) <= seconds; });
  const TempoChange change = later == timing_.tempos.begin() ? TempoChange{} : *(later - 1);
  const double since = seconds - tempo_.seconds(static_cast<double>(change.tick));
  const double quarters = since / (change.quarter_microseconds * kMicrosecondSeconds);
  return std::llround(static_cast<double>(change.tick) + quarters * timing_.ticks_per_quarter);
}

std::vector<double> BeatMap::bar_lines(double end_seconds) const {
  std::vector<double> lines;
  TimeSignature signature;
  auto next = timing_.signatures.begin();
  const auto end_of_list = timing_.signatures.end();
  while (true) {
    for (; next != end_of_list && next->tick <= signature.tick; ++next) signature = *next;
    const double bar = bar_ticks(signature, timing_.ticks_per_quarter);
    for (double tick = static_cast<double>(signature.tick);
         next == end_of_list || tick < static_cast<double>(next->tick); tick += bar) {
      const double seconds = tempo_.seconds(tick);
      if (!(seconds < end_seconds) || lines.size() == kMostBarLines) return lines;
      lines.push_back(seconds);
    }
    signature.tick = next->tick;
  }
}

int64_t BeatMap::bar_start(int64_t tick) const {
  TimeSignature signature;
  for (const TimeSignature& change : timing_.signatures) {
    if (change.tick <= tick) signature = change;
  }
  const double bar = bar_ticks(signature, timing_.ticks_per_quarter);
  const double bars = std::floor(static_cast<double>(tick - signature.tick) / bar);
  return signature.tick + std::llround(bars * bar);
}

BeatMap BeatMap::until(int64_t tick) const {
  return {timing_.ticks_per_quarter, changes_until(timing_.tempos, tick),
          changes_until(timing_.signatures, tick)};
}

BeatMap BeatMap::from(int64_t tick) const {
  return {timing_.ticks_per_quarter, changes_from(timing_.tempos, tick),
          changes_from(timing_.signatures, tick)};
}

BeatMap BeatMap::finer(int factor) const {
  auto tempos = timing_.tempos;
  auto signatures = timing_.signatures;
  for (auto& change : tempos) change.tick *= factor;
  for (auto& change : signatures) change.tick *= factor;
  return {timing_.ticks_per_quarter * factor, std::move(tempos), std::move(signatures)};
}

}  // namespace heed::music
