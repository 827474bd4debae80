// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "heed/data/music/midi_events.h"
#include "heed/data/music/tempo_map.h"

namespace heed::music {

/// Tempo and metre of a piece: converts seconds to ticks and back, and finds bar lines. Before the first tempo a
/// quarter lasts half a second; before the first time signature the metre is 4/4; the last of each holds to the end.
class BeatMap {
 public:
  /// Both lists are sorted by tick. 1 to 32767 ticks per quarter.
  BeatMap(int ticks_per_quarter, std::vector<TempoChange> tempos, std::vector<TimeSignature> signatures);

  int ticks_per_quarter() const { return timing_.ticks_per_quarter; }
  const std::vector<TempoChange>& tempos() const { return timing_.tempos; }
  const std::vector<TimeSignature>& signatures() const { return timing_.signatures; }

  double seconds(double tick) const { return tempo_.seconds(tick); }
  /// Returns the nearest tick. Takes O(log tempo changes).
  int64_t ticks(double seconds) const;
  /// Returns the times in seconds at which bars begin, from 0 to before `end_seconds`, at most 100,000 of them. A
  /// time signature starts a bar, so that a short first bar (a pick-up) stays one.
  std::vector<double> bar_lines(double end_seconds) const;
  /// Returns the tick at which the bar of a tick begins.
  int64_t bar_start(int64_t tick) const;

  /// Returns the map without the changes at `tick` and after it: the last tempo and metre before go on.
  BeatMap until(int64_t tick) const;
  /// Returns the map from `tick` on, which becomes 0, with the tempo and metre that hold there.
  BeatMap from(int64_t tick) const;
  /// Returns the same beats with `factor` times as many ticks per quarter.
  BeatMap finer(int factor) const;

 private:
  MidiEvents timing_;  // without events
  TempoMap tempo_;
};

}  // namespace heed::music
