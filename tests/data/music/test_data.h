// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "tests/data/test_folder.h"

#include "heed/data/music/note.h"

namespace heed::music::testing {

using heed::testing::shared_data;
using heed::testing::TemporaryFolder;

/// Makes notes with times off any grid and pitches close enough to overlap often.
inline std::vector<Note> random_notes(uint64_t seed, int count, int voices = 1) {
  std::mt19937_64 random(seed);
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  std::vector<Note> notes;
  double time = uniform(0, 3);
  for (int i = 0; i < count; ++i) {
    Note note;
    note.start = time;
    note.end = time + (i % 7 == 0 ? uniform(0, 0.02) : uniform(0.02, 3));
    note.pitch = static_cast<int>(uniform(0, 127.99));
    if (i % 3 != 0) note.pitch = 55 + note.pitch % 12;
    note.velocity = 1 + static_cast<int>(uniform(0, 126.99));
    note.voice = i % voices;
    note.program = 8 * note.voice;
    notes.push_back(note);
    time += i % 5 == 0 ? uniform(0, 2.5) : uniform(0, 0.2);
  }
  sort_notes(notes);
  return notes;
}

}  // namespace heed::music::testing
