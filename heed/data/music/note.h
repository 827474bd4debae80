// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace heed::music {

/// A sounding note.
struct Note {
  double start = 0, end = 0;  ///< seconds, end >= start
  int pitch = 60;             ///< MIDI number, 0 to 127
  int velocity = 64;          ///< 1 to 127
  int program = 0;            ///< General MIDI program, 0 to 127
  int voice = 0;              ///< index of the track or part that has the note, from 0
  bool drum = false;          ///< percussion (channel 10)
  bool operator==(const Note&) const = default;
};

class BeatMap;

/// Notes sorted by (start, pitch), with bar lines if the source has them.
struct Score {
  std::vector<Note> notes;
  std::vector<double> bar_lines;         ///< times in seconds, ascending; empty if unknown
  double quarter_seconds = 0.5;          ///< seconds per quarter at the start, for grids
  std::shared_ptr<const BeatMap> beats;  ///< tempo and metre of the source (beat_map.h); null if unknown
  std::vector<std::string> voice_names;  ///< names of the voices' tracks; "" or missing if they have none
  double duration() const;               ///< end of the last note in seconds; 0 without notes
};

void sort_notes(std::vector<Note>& notes);

}  // namespace heed::music
