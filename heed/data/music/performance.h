// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "heed/data/music/note.h"

namespace heed::music {

/// Expressive performance as a sequence of events.
/// Oore et al. 2018, This Time with Feeling: Learning Expressive Musical Performance, arXiv:1808.03715.
///
/// Ids: 0 to 127 note-on of a pitch; 128 to 255 note-off; 256 to 355 let 10 to 1000 ms pass; 356 to 387 set
/// the velocity of the notes to come, in 32 steps; then the marks kBegin and kEnd.
namespace performance {
inline constexpr int32_t kPitches = 128, kShifts = 100, kVelocities = 32;
inline constexpr int32_t kNoteOn = 0;
inline constexpr int32_t kNoteOff = kNoteOn + kPitches;
inline constexpr int32_t kShift = kNoteOff + kPitches;  ///< kShift + n - 1 is n steps
inline constexpr int32_t kVelocity = kShift + kShifts;
inline constexpr int32_t kEvents = kVelocity + kVelocities;  ///< 388
inline constexpr int32_t kBegin = kEvents, kEnd = kEvents + 1;
inline constexpr int32_t kVocabulary = kEvents + 2;
inline constexpr double kStepSeconds = 0.01;
inline constexpr int kVelocityStep = 4;  ///< MIDI velocities in one of the 32
}  // namespace performance

struct PerformanceOptions {
  bool keep_leading_silence = false;
};

/// The events of these notes, without marks; percussion is left out, voices and programs are not kept.
/// `notes` may be in any order.
///
/// Starts and ends are rounded to 10 ms on a grid from the first note (from second 0 with
/// keep_leading_silence), each by itself, so errors never add up. A note lasts at least one step, and ends
/// where its pitch is struck again; of notes of one pitch that start on one step the longest is kept. At a
/// step notes end before others start, from low to high.
std::vector<int32_t> encode_performance(std::span<const Note> notes, const PerformanceOptions& options = {});

/// The notes of a sequence of events, sorted by (start, pitch). Accepts any sequence: marks are passed over,
/// a note-off of a silent pitch is ignored, striking a sounding pitch ends it first, notes that are never let
/// go end where the sequence ends, and notes of no length are left out. Throws Error(kData) for an id outside
/// the vocabulary.
std::vector<Note> decode_performance(std::span<const int32_t> events);

/// The second at which each event acts; for a time shift, the one at which it begins.
std::vector<double> event_seconds(std::span<const int32_t> events);

/// "note-on C4", "note-off F#3", "shift 120 ms", "velocity 17", "begin", "end".
std::string describe_event(int32_t event);
/// "C4" for 60.
std::string pitch_name(int pitch);

/// The augmentation of Huang et al. 2018, section 4.2.
inline constexpr int kLargestTransposition = 3;  ///< semitones, both ways
inline constexpr std::array<double, 5> kStretches{0.95, 0.975, 1.0, 1.025, 1.05};

/// Every note moved by semitones; notes that would leave 0 to 127 are dropped, percussion stays as it is.
std::vector<Note> transpose(std::span<const Note> notes, int semitones);
/// All times multiplied.
std::vector<Note> stretch(std::span<const Note> notes, double factor);

}  // namespace heed::music
