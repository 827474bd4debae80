// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "heed/data/music/note.h"

namespace heed::music {

struct MidiWriteOptions {
  double quarter_seconds = 0;  ///< one tempo for the file, in seconds per quarter; 0: the score's
  int ticks_per_quarter = 0;   ///< 1 to 32767; 0: the score's, or 480
  int format = 1;              ///< 1: one track per voice; 0: a single track
};

/// Converts a score to a playable Standard MIDI File. Each voice gets its own channel, in the order of voice
/// numbers; channel 10 is reserved for percussion. Beyond 15 voices, voices share channels. Times are rounded
/// to ticks, a note lasts at least one tick, and a note ends when its pitch is struck again in its voice.
/// Reading the file back therefore gives the same notes, to the tick.
///
/// A score with beats keeps them: every tempo, every time signature, and its ticks, unless the options set others.
/// Without beats the file has one tempo, and a time signature if the bar lines are evenly spaced by a whole number
/// of quarters.
///
/// Throws Error(kData) for a note out of range (time, pitch, velocity, program) and Error(kUsage) for options
/// out of range.
std::vector<std::byte> write_midi(const Score& score, const MidiWriteOptions& options = {});

/// Writes the file aside and renames it, so that the path has either the old file or the complete new one.
void write_midi_file(const std::filesystem::path& path, const Score& score,
                     const MidiWriteOptions& options = {});

}  // namespace heed::music
