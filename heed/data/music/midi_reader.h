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
  /// Notes released while the pedal of their channel is down continue until the pedal is lifted, or until the
  /// pitch is struck again on that channel.
  bool sustain_pedal = true;
  bool skip_percussion = true;  ///< ignore channel 10
};

constexpr uint64_t kMaxMidiBytes = uint64_t{16} << 20;
constexpr double kMaxMidiSeconds = 24 * 3600;

/// Reads the notes of a Standard MIDI File of type 0 or 1, with times in seconds. `name` is the file's name
/// in messages.
///
/// Striking a key that is down ends the sounding note. Notes that are never released end with their track.
/// Notes of zero length are dropped. A voice is a channel of a track, numbered in the order of tracks, then
/// channels: a track in the usual type 1 file, a channel in type 0. docs/music-formats.md lists all rules.
///
/// A file without notes gives an empty Score. Throws Error(kData) with file and byte if the file is
/// malformed, larger than 16 MiB or longer than 24 hours. Memory is at most about 40 times the size of the
/// file.
Score read_midi(std::span<const std::byte> file, const std::string& name,
                const MidiReadOptions& options = {});
Score read_midi_file(const std::filesystem::path& path, const MidiReadOptions& options = {});

}  // namespace heed::music
