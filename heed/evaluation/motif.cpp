// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/motif.h"

#include <algorithm>
#include <iterator>

namespace heed::evaluation {

std::vector<int> melody_line(std::span<const music::Note> notes, double merge) {
  std::vector<music::Note> sorted;
  std::copy_if(notes.begin(), notes.end(), std::back_inserter(sorted),
               [](const music::Note& note) { return !note.drum; });
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const music::Note& a, const music::Note& b) { return a.start < b.start; });
  std::vector<int> melody;
  double onset = 0;
  for (const music::Note& note : sorted) {
    if (!melody.empty() && note.start - onset <= merge) {
      melody.back() = std::max(melody.back(), note.pitch);
    } else {
      melody.push_back(note.pitch);
      onset = note.start;
    }
  }
  return melody;
}

std::set<IntervalPattern> interval_patterns(std::span<const int> melody) {
  std::set<IntervalPattern> patterns;
  for (size_t i = 3; i < melody.size(); ++i) {
    patterns.insert(
        {melody[i - 2] - melody[i - 3], melody[i - 1] - melody[i - 2], melody[i] - melody[i - 1]});
  }
  return patterns;
}

MotifRecurrence motif_recurrence(std::span<const music::Note> primer,
                                 std::span<const music::Note> continuation) {
  const auto stated = interval_patterns(melody_line(primer));
  const auto later = interval_patterns(melody_line(continuation));
  const auto recurring = std::count_if(stated.begin(), stated.end(), [&](const IntervalPattern& pattern) {
    return later.count(pattern) != 0;
  });
  return {static_cast<int64_t>(stated.size()), static_cast<int64_t>(recurring)};
}

MeanWithError mean_share(std::span<const MotifRecurrence> pieces) {
  std::vector<double> shares;
  for (const MotifRecurrence& piece : pieces)
    if (piece.patterns > 0) shares.push_back(piece.share());
  return mean_with_error(shares);
}

}  // namespace heed::evaluation
