// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "heed/data/music/byte_cursor.h"
#include "heed/data/music/midi_events.h"
#include "heed/data/music/midi_flaws.h"

namespace heed::music {

struct TrackReading {
  bool ended = false;  ///< whether there was an end-of-track event
  size_t byte = 0;     ///< offset in the file after the last event that was read
};

/// Appends the events of a track to `midi`. `body` is the data of the track's chunk. What is wrong goes to
/// `flaws`; docs/music-formats.md says how each flaw is read. Events after one that is cut short are lost.
TrackReading read_track(const ByteCursor& body, uint16_t track, MidiEvents& midi, MidiFlawLog& flaws);

}  // namespace heed::music
