// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace heed::music {

/// What a track says about notes; everything else in the file is passed over.
enum class MidiEventKind : uint8_t {
  kPedal,  ///< sustain pedal down (value 1) or up (value 0)
  kProgram,
  kNoteOn,
  kNoteOff,
  kAllNotesOff,  ///< controller 123: as if every key were let go
  kAllSoundOff,  ///< controller 120: pedal or not
  kTrackEnd,
};

struct MidiEvent {
  int64_t tick = 0;   ///< since the start of the piece
  uint32_t byte = 0;  ///< place in the file
  uint16_t track = 0;
  MidiEventKind kind = MidiEventKind::kTrackEnd;
  uint8_t channel = 0;
  uint8_t pitch = 0;
  uint8_t value = 0;  ///< velocity, program, or pedal
};

struct TempoChange {
  int64_t tick = 0;
  uint32_t quarter_microseconds = 500'000;
  uint32_t byte = 0;
};

struct TimeSignature {
  int64_t tick = 0;
  int numerator = 4;
  int denominator = 4;
  uint32_t byte = 0;
};

/// A Standard MIDI File taken apart. The lists are in order of tick; events of one tick keep the pedal first
/// (as Magenta does), then the order of tracks, then that of the file.
struct MidiEvents {
  int format = 1;
  int ticks_per_quarter = 0;    ///< 0 when the division is SMPTE
  double ticks_per_second = 0;  ///< SMPTE division only
  std::vector<MidiEvent> events;
  std::vector<TempoChange> tempos;
  std::vector<TimeSignature> signatures;
};

/// Parses types 0 and 1. Memory is at most about 20 times the file. Tracks are taken by their own chunk
/// headers, chunks of other kinds are passed over, and bytes after the last track are ignored, as the
/// standard asks. Throws Error(kData) with file and byte for everything that is not so: see
/// docs/music-formats.md.
MidiEvents parse_midi_events(std::span<const std::byte> file, const std::string& name);

}  // namespace heed::music
