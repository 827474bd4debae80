// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/performance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "heed/core/error.h"

namespace heed::music {
namespace {

using namespace performance;

/// A note with times in grid steps.
struct GridNote {
  int64_t start = 0, end = 0;
  int pitch = 0, velocity = 0;
};

int32_t velocity_bin(int velocity) {
  return (std::clamp(velocity, 1, 127) - 1) / kVelocityStep;
}
int bin_velocity(int32_t bin) {
  return bin * kVelocityStep + kVelocityStep / 2;
}

/// Rounds both times to the nearest step. If the note would have zero length, it gets the step that keeps
/// both times within one step of the exact ones.
GridNote round_to_steps(const Note& note, double origin) {
  const double start = (note.start - origin) / kStepSeconds, end = (note.end - origin) / kStepSeconds;
  GridNote grid{std::llround(start), std::llround(end), note.pitch, note.velocity};
  if (grid.end > grid.start) return grid;
  if (end < static_cast<double>(grid.start) && grid.start > 0) --grid.start;
  grid.end = grid.start + 1;
  return grid;
}

/// Rounds notes to the grid and removes overlaps within a pitch. Sorted by (pitch, start).
std::vector<GridNote> to_grid(std::span<const Note> notes, double origin) {
  std::vector<GridNote> grid;
  for (const auto& note : notes) {
    if (!note.drum) grid.push_back(round_to_steps(note, origin));
  }
  std::sort(grid.begin(), grid.end(), [](const GridNote& a, const GridNote& b) {
    return std::tie(a.pitch, a.start, b.end) < std::tie(b.pitch, b.start, a.end);
  });
  const auto same_onset = [](const GridNote& a, const GridNote& b) {
    return a.pitch == b.pitch && a.start == b.start;
  };
  grid.erase(std::unique(grid.begin(), grid.end(), same_onset), grid.end());
  for (size_t i = 0; i + 1 < grid.size(); ++i) {
    if (grid[i].pitch == grid[i + 1].pitch) grid[i].end = std::min(grid[i].end, grid[i + 1].start);
  }
  return grid;
}

struct Change {
  int64_t step;
  bool on;
  int pitch, velocity;
};

/// Appends the fewest shift events that let `steps` pass.
void add_shifts(int64_t steps, std::vector<int32_t>& events) {
  for (; steps > 0; steps -= kShifts) {
    events.push_back(kShift + static_cast<int32_t>(std::min<int64_t>(steps, kShifts)) - 1);
  }
}

/// Plays events: keeps the current step and the sounding notes.
class Player {
 public:
  Player() { sounding_.fill(-1); }

  void play(int32_t event) {
    if (event < 0 || event >= kVocabulary) {
      throw Error(ErrorKind::kData, "unknown performance event " + std::to_string(event));
    }
    if (event < kNoteOff) {
      end_note(event);
      sounding_[static_cast<size_t>(event)] = step_;
      velocities_[static_cast<size_t>(event)] = velocity_;
    } else if (event < kShift) {
      end_note(event - kNoteOff);
    } else if (event < kVelocity) {
      step_ += event - kShift + 1;
    } else if (event < kEvents) {
      velocity_ = bin_velocity(event - kVelocity);
    }
  }
  std::vector<Note> finish() {
    for (int pitch = 0; pitch < kPitches; ++pitch) end_note(pitch);
    sort_notes(notes_);
    return std::move(notes_);
  }
  double seconds() const { return seconds(step_); }

 private:
  static double seconds(int64_t step) { return static_cast<double>(step) * kStepSeconds; }

  void end_note(int pitch) {
    int64_t& start = sounding_[static_cast<size_t>(pitch)];
    if (start >= 0 && start < step_) {
      Note note;
      note.start = seconds(start);
      note.end = seconds(step_);
      note.pitch = pitch;
      note.velocity = velocities_[static_cast<size_t>(pitch)];
      notes_.push_back(note);
    }
    start = -1;
  }

  int64_t step_ = 0;
  int velocity_ = bin_velocity(kVelocities / 2);
  std::array<int64_t, kPitches> sounding_;  ///< step at which each pitch was struck, or -1
  std::array<int, kPitches> velocities_{};
  std::vector<Note> notes_;
};

}  // namespace

std::vector<int32_t> encode_performance(std::span<const Note> notes, const PerformanceOptions& options) {
  double origin = options.keep_leading_silence ? 0 : std::numeric_limits<double>::infinity();
  for (const auto& note : notes) {
    if (!note.drum) origin = std::min(origin, note.start);
  }
  std::vector<Change> changes;
  for (const auto& note : to_grid(notes, origin)) {
    changes.push_back({note.start, true, note.pitch, note.velocity});
    changes.push_back({note.end, false, note.pitch, 0});
  }
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) {
    return std::tie(a.step, a.on, a.pitch) < std::tie(b.step, b.on, b.pitch);
  });

  std::vector<int32_t> events;
  int64_t step = 0;
  int32_t bin = -1;
  for (const auto& change : changes) {
    add_shifts(change.step - step, events);
    step = change.step;
    if (!change.on) {
      events.push_back(kNoteOff + change.pitch);
      continue;
    }
    if (const int32_t wanted = velocity_bin(change.velocity); wanted != bin) {
      events.push_back(kVelocity + wanted);
      bin = wanted;
    }
    events.push_back(kNoteOn + change.pitch);
  }
  return events;
}

std::vector<Note> decode_performance(std::span<const int32_t> events) {
  Player player;
  for (const int32_t event : events) player.play(event);
  return player.finish();
}

std::vector<double> event_seconds(std::span<const int32_t> events) {
  Player player;
  std::vector<double> seconds;
  for (const int32_t event : events) {
    seconds.push_back(player.seconds());
    player.play(event);
  }
  return seconds;
}

std::string pitch_name(int pitch) {
  static constexpr std::array kNames{"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"};
  return kNames[static_cast<size_t>(pitch) % 12] + std::to_string(pitch / 12 - 1);
}

std::string describe_event(int32_t event) {
  if (event < 0 || event >= kVocabulary) return "no event " + std::to_string(event);
  if (event < kNoteOff) return "note-on " + pitch_name(event - kNoteOn);
  if (event < kShift) return "note-off " + pitch_name(event - kNoteOff);
  if (event < kVelocity) return "shift " + std::to_string(10 * (event - kShift + 1)) + " ms";
  if (event < kEvents) return "velocity " + std::to_string(event - kVelocity + 1);
  return event == kBegin ? "begin" : "end";
}

std::vector<Note> transpose(std::span<const Note> notes, int semitones) {
  std::vector<Note> moved;
  for (Note note : notes) {
    if (!note.drum) note.pitch += semitones;
    if (note.pitch >= 0 && note.pitch < kPitches) moved.push_back(note);
  }
  return moved;
}

std::vector<Note> stretch(std::span<const Note> notes, double factor) {
  std::vector<Note> stretched(notes.begin(), notes.end());
  for (auto& note : stretched) {
    note.start *= factor;
    note.end *= factor;
  }
  return stretched;
}

}  // namespace heed::music
