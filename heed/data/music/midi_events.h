// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "heed/data/music/midi_flaws.h"

namespace heed::music {

/// The kinds of events that affect notes; all others in the file are skipped.
enum class MidiEventKind : uint8_t {
  kPedal,  ///< sustain pedal down (value 1) or up (value 0)
  kProgram,
  kNoteOn,
  kNoteOff,
  kAllNotesOff,  ///< controller 123: releases every key
  kAllSoundOff,  ///< controller 120: silences every note, with or without the pedal
  kTrackEnd,
};

struct MidiEvent {
  int64_t tick = 0;   ///< ticks since the start of the piece
  uint32_t byte = 0;  ///< offset in the file
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

/// The events of a Standard MIDI File. Each list is sorted by tick; within a tick pedal events come first (as
/// in Magenta), then events are in the order of tracks and of the file.
struct MidiEvents {
  int format = 1;
  int ticks_per_quarter = 0;    ///< 0 for an SMPTE division
  double ticks_per_second = 0;  ///< set for an SMPTE division only
  std::vector<MidiEvent> events;
  std::vector<TempoChange> tempos;
  std::vector<TimeSignature> signatures;
  std::vector<std::string>
      track_names;  ///< raw bytes of the first name of each track; "" or missing if it has none
};

/// Parses files of types 0 and 1. Memory is at most about 20 times the size of the file. Chunks of other kinds
/// are skipped, and bytes after the last track are ignored. What departs from the standard goes to `flaws` and
/// is read as docs/music-formats.md says. Throws Error(kData) with file and byte for what is no MIDI file, and
/// for type 2.
MidiEvents parse_midi_events(std::span<const std::byte> file, MidiFlawLog& flaws);

}  // namespace heed::music
