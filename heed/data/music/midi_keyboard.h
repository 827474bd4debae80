// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "heed/data/music/midi_events.h"

namespace heed::music {

inline constexpr uint8_t kPercussionChannel = 9;  ///< channel 10, counted from 0

/// A note with times in ticks.
struct TickNote {
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
  int64_t start = 0, end = 0;
  int64_t struck_again = kNever;  ///< percussion: start of the next note of the key
  uint32_t byte = 0;
  uint16_t track = 0;
  uint8_t channel = 0, pitch = 0, velocity = 0, program = 0;
};

struct PlayedNotes {
  std::vector<TickNote> notes;
  int64_t without_length = 0;  ///< notes that ended when they began: left out
};

/// Plays the events of a file, sorted as in MidiEvents, and returns when each note sounds: read_midi() has the
/// rules. Percussion of no length stays, unless its key is struck again at that tick.
PlayedNotes play(const std::vector<MidiEvent>& events, bool sustain_pedal);

}  // namespace heed::music
