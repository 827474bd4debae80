// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "heed/data/music/note.h"

namespace heed::evaluation {

/// Onsets this close belong together: seconds.
inline constexpr double kOnsetMerge = 0.03;

/// The highest pitch at each onset (the skyline, Uitdenbogerd and Zobel 1998), in time. Notes that begin
/// within `merge` seconds of the first of them count as one onset. Percussion is left out; order of `notes`
/// does not matter.
std::vector<int> melody_line(std::span<const music::Note> notes, double merge = kOnsetMerge);

/// Three successive pitch steps: a 4-note motif, wherever it is transposed to.
using IntervalPattern = std::array<int, 3>;
/// The distinct patterns of a melody; none for fewer than four pitches.
std::set<IntervalPattern> interval_patterns(std::span<const int> melody);

/// How much of a primer's material comes back in what follows it.
struct MotifRecurrence {
  int64_t patterns = 0;   ///< distinct patterns of the primer
  int64_t recurring = 0;  ///< of these, those that the continuation has too
  double share() const {
    return patterns > 0 ? static_cast<double>(recurring) / static_cast<double>(patterns) : 0;
  }
};

/// Patterns that straddle the border belong to neither side.
MotifRecurrence motif_recurrence(std::span<const music::Note> primer,
                                 std::span<const music::Note> continuation);

/// A mean over pieces and its standard error (0 for fewer than two).
struct MeanWithError {
  double mean = 0, standard_error = 0;
  int64_t count = 0;
};
MeanWithError mean_with_error(std::span<const double> values);

/// The mean share, over the pieces whose primer has a pattern at all.
MeanWithError mean_share(std::span<const MotifRecurrence> pieces);

}  // namespace heed::evaluation
