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
/// Ids: 0 to 127 note-on per pitch; 128 to 255 note-off per pitch; 256 to 355 time shifts of 10 to 1000 ms;
/// 356 to 387 set the velocity of the following notes, in 32 levels; then the marks kBegin and kEnd.
namespace performance {
inline constexpr int32_t kPitches = 128, kShifts = 100, kVelocities = 32;
inline constexpr int32_t kNoteOn = 0;
inline constexpr int32_t kNoteOff = kNoteOn + kPitches;
inline constexpr int32_t kShift = kNoteOff + kPitches;  ///< kShift + n - 1 shifts by n steps
inline constexpr int32_t kVelocity = kShift + kShifts;
inline constexpr int32_t kEvents = kVelocity + kVelocities;  ///< 388
inline constexpr int32_t kBegin = kEvents, kEnd = kEvents + 1;
inline constexpr int32_t kVocabulary = kEvents + 2;
inline constexpr double kStepSeconds = 0.01;
inline constexpr int kVelocityStep = 4;  ///< MIDI velocities per level
}  // namespace performance

struct PerformanceOptions {
  bool keep_leading_silence = false;
};

/// Encodes notes, in any order, as events without marks. Drops percussion, voices and programs.
///
/// Starts and ends are rounded to a 10 ms grid that begins at the first note (at second 0 with
/// keep_leading_silence). Each time is rounded by itself, so errors do not accumulate. A note lasts at least
/// one step and ends when its pitch is struck again. Of several notes of one pitch that start at one step,
/// the longest is kept. Within a step, notes end before others start, and events go from low to high pitch.
std::vector<int32_t> encode_performance(std::span<const Note> notes, const PerformanceOptions& options = {});

/// Decodes events to notes sorted by (start, pitch). Accepts any sequence: skips marks; ignores the note-off
/// of a silent pitch; striking a sounding pitch ends its note first; notes that are never released end with
/// the sequence; drops notes of zero length. Throws Error(kData) for an id outside the vocabulary.
std::vector<Note> decode_performance(std::span<const int32_t> events);

/// Returns the time in seconds at which each event acts; for a time shift, the time at which it begins.
std::vector<double> event_seconds(std::span<const int32_t> events);

/// Returns "note-on C4", "note-off F#3", "shift 120 ms", "velocity 17", "begin" or "end".
std::string describe_event(int32_t event);
/// Returns the name of a MIDI pitch: "C4" for 60.
std::string pitch_name(int pitch);

/// Augmentation of Huang et al. 2018, section 4.2.
inline constexpr int kLargestTransposition = 3;  ///< semitones in either direction
inline constexpr std::array<double, 5> kStretches{0.95, 0.975, 1.0, 1.025, 1.05};

/// Transposes notes by semitones. Drops notes that would leave 0 to 127; leaves percussion unchanged.
std::vector<Note> transpose(std::span<const Note> notes, int semitones);
/// Multiplies all times by a factor.
std::vector<Note> stretch(std::span<const Note> notes, double factor);

}  // namespace heed::music
