// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/data/music/midi_events.h"

namespace heed::music {

/// Ticks to seconds through every tempo change of a file. Before the first one a quarter lasts half a second.
class TempoMap {
 public:
  explicit TempoMap(const MidiEvents& midi);

  /// O(log tempo changes); ticks may stand between the whole ones.
  double seconds(double tick) const;
  /// The quarter that the piece begins with: the last tempo set at tick 0, else the first tempo of the file.
  double first_quarter_seconds() const { return first_quarter_seconds_; }

 private:
  struct Segment {
    double tick, seconds, tick_seconds;
  };
  std::vector<Segment> segments_;
  double first_quarter_seconds_ = 0.5;
};

/// Where bars begin, from tick 0 to before `end_tick`: a time signature starts a bar, and 4/4 holds before
/// the first. Empty for a file without time signatures or with an SMPTE division. Throws Error(kData) naming
/// `name` when there are more than 100,000 bars.
std::vector<double> bar_lines(const MidiEvents& midi, const TempoMap& tempo, int64_t end_tick,
                              const std::string& name);

}  // namespace heed::music
