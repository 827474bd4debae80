// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "heed/data/music/midi_flaws.h"
#include "heed/data/music/note.h"

namespace heed::music {

struct MidiReadOptions {
  /// Notes released while the pedal of their channel is down continue until the pedal is lifted, or until the
  /// pitch is struck again on that channel.
  bool sustain_pedal = true;
  bool skip_percussion = true;  ///< ignore channel 10
  bool strict = false;          ///< whether the first flaw is an error
};

constexpr uint64_t kMaxMidiBytes = uint64_t{16} << 20;
constexpr double kMaxMidiSeconds = 24 * 3600;

/// What a file holds besides the notes that were read.
struct MidiReport {
  MidiFlaws flaws;
  int64_t percussion = 0;      ///< notes of channel 10 that were ignored
  int64_t without_length = 0;  ///< notes that end when they begin

  /// Says what a file without notes has: "no note but percussion", "no note".
  std::string no_notes() const;
};

/// Reads the notes of a Standard MIDI File of type 0 or 1, with times in seconds. `name` is the file's name
/// in messages. The file may be inside a RIFF file (.rmi).
///
/// Striking a key that is down ends the sounding note. Notes that are never released end with their track.
/// Notes of zero length are dropped; on channel 10 they last 0.1 s, or until their key is struck again. A voice
/// is a channel of a track, numbered in the order of tracks, then channels: a track in the usual type 1 file, a
/// channel in type 0. docs/music-formats.md lists all rules.
///
/// A flawed file is read as far as it can be: an event that departs from the standard costs itself alone, what
/// is cut short is read up to there, and notes more than 24 hours after the start are left out. `report` gets
/// the flaws. With `strict` the first flaw is an Error(kData) with file and byte.
///
/// A file without notes gives an empty Score. Throws Error(kData) with file and byte if the file is no MIDI
/// file, is larger than 16 MiB, or is flawed and has no note event. Memory is at most about 40 times the size
/// of the file.
Score read_midi(std::span<const std::byte> file, const std::string& name, const MidiReadOptions& options = {},
                MidiReport* report = nullptr);
/// Reads a file of which notes are wanted. Warns of flaws in one line. Throws Error(kData) as read_midi() does,
/// and if the file has no note, with what it has instead.
Score read_midi_file(const std::filesystem::path& path, const MidiReadOptions& options = {});

}  // namespace heed::music
