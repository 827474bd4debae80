// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "heed/data/music/byte_cursor.h"
#include "heed/data/music/midi_flaws.h"

namespace heed::music {

inline constexpr uint32_t kHeaderTag = 0x4D546864;  // "MThd"
inline constexpr uint32_t kTrackTag = 0x4D54726B;   // "MTrk"
inline constexpr size_t kChunkHeader = 8;           // four letters and a length

/// The bytes of a Standard MIDI File, looked at as chunks: four letters, a length and a body. Offsets are those
/// of the file, also where the music is inside a RIFF file.
class MidiChunks {
 public:
  /// Finds the music: from the first byte, in the `data` chunk of a RIFF file of kind RMID, or after at most
  /// 4,096 other bytes (a MacBinary header has 128), which is a flaw. Throws Error(kData) if there is none.
  MidiChunks(std::span<const std::byte> file, MidiFlawLog& flaws);

  size_t begin() const { return begin_; }
  size_t end() const { return end_; }
  uint32_t number_at(size_t byte, size_t count) const;
  /// Whether a chunk begins at `byte`: a track, or another with four letters and all of its body.
  bool chunk_at(size_t byte) const;
  bool track_at(size_t byte) const;
  /// Returns the first place from `byte` on at which the letters of a track stand; end() if there is none.
  size_t find_track(size_t byte) const;
  /// Returns a cursor over [from, to), cut at end().
  ByteCursor cursor(size_t from, size_t to) const;

 private:
  bool header_at(size_t byte) const;
  std::optional<size_t> find_riff_data(MidiFlawLog& flaws);

  std::span<const std::byte> file_;
  const std::string& name_;
  size_t begin_ = 0, end_ = 0;
};

}  // namespace heed::music
