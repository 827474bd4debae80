// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "heed/data/music/note.h"

namespace heed::music {

struct MidiWriteOptions {
  double quarter_seconds = 0;   ///< length of a quarter in the file; 0 takes the score's
  int ticks_per_quarter = 480;  ///< 1 to 32767
  int format = 1;               ///< 1: a track for each voice; 0: one track
};

/// A playable Standard MIDI File. Each voice gets a channel of its own, in the order of voice numbers and
/// past channel 10, which percussion has; beyond 15 voices channels are shared. Times are rounded to ticks, a
/// note lasts at least one, and a note ends where its pitch is struck again in its voice. So reading back
/// what was written gives the same notes, to the tick. When the bar lines are even and a whole number of
/// quarters apart, the file has their time signature.
///
/// Throws Error(kData) for a note out of range (time, pitch, velocity, program) and Error(kUsage) for options
/// out of range.
std::vector<std::byte> write_midi(const Score& score, const MidiWriteOptions& options = {});

/// Writes aside and renames: the whole file, or what stood there before.
void write_midi_file(const std::filesystem::path& path, const Score& score,
                     const MidiWriteOptions& options = {});

}  // namespace heed::music
