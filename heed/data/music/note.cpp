// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/note.h"

#include <algorithm>
#include <tuple>

namespace heed::music {

double Score::duration() const {
  double end = 0;
  for (const auto& note : notes) end = std::max(end, note.end);
  return end;
}

void sort_notes(std::vector<Note>& notes) {
  std::stable_sort(notes.begin(), notes.end(), [](const Note& a, const Note& b) {
    return std::tie(a.start, a.pitch) < std::tie(b.start, b.pitch);
  });
}

}  // namespace heed::music
