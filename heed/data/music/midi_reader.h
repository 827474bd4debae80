// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "heed/data/music/note.h"

namespace heed::music {

struct MidiReadOptions {
  /// Notes whose key is let go while the pedal of their channel is down sound on until it is lifted, or until
  /// that pitch is struck again on that channel.
  bool sustain_pedal = true;
  bool skip_percussion = true;  ///< leave out channel 10
};

constexpr uint64_t kMaxMidiBytes = uint64_t{16} << 20;
constexpr double kMaxMidiSeconds = 24 * 3600;

/// The notes of a Standard MIDI File of type 0 or 1, in seconds. `name` is the file's, for messages.
///
/// Striking a key that is down ends the note that sounded. Notes that are never let go end with their track.
/// Notes of no length are left out. A voice is a channel of a track, numbered in the order of tracks, then
/// channels: tracks in the usual type 1 file, channels in type 0. docs/music-formats.md has every rule.
///
/// A file without notes is a Score without notes. Throws one Error(kData) naming file and byte when the file
/// is malformed, larger than 16 MiB or longer than 24 hours. Memory is at most about 40 times the
/// size of the file.
Score read_midi(std::span<const std::byte> file, const std::string& name,
                const MidiReadOptions& options = {});
Score read_midi_file(const std::filesystem::path& path, const MidiReadOptions& options = {});

}  // namespace heed::music
