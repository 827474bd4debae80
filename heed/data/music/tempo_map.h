// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/data/music/midi_events.h"

namespace heed::music {

/// Converts ticks to seconds through all tempo changes of a file. Before the first, a quarter lasts half a
/// second.
class TempoMap {
 public:
  explicit TempoMap(const MidiEvents& midi);

  /// Takes O(log tempo changes). `tick` may be fractional.
  double seconds(double tick) const;
  /// Seconds per quarter at the start: the last tempo set at tick 0, else the first tempo of the file.
  double first_quarter_seconds() const { return first_quarter_seconds_; }

 private:
  struct Segment {
    double tick, seconds, tick_seconds;
  };
  std::vector<Segment> segments_;
  double first_quarter_seconds_ = 0.5;
};

/// Returns the times in seconds at which bars begin, from tick 0 to before `end_tick`. A time signature
/// starts a bar; 4/4 applies before the first. Empty for a file without time signatures or with an SMPTE
/// division. At most 100,000: more bars are a flaw and are left out.
std::vector<double> bar_lines(const MidiEvents& midi, const TempoMap& tempo, int64_t end_tick,
                              MidiFlawLog& flaws);

}  // namespace heed::music
