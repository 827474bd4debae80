// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "heed/data/music/note.h"
#include "heed/evaluation/mean_with_error.h"

namespace heed::evaluation {

/// Distance in seconds up to which onsets count as simultaneous.
inline constexpr double kOnsetMerge = 0.03;

/// Returns the highest pitch at each onset (the skyline, Uitdenbogerd and Zobel 1998), in order of time.
/// Notes that begin within `merge` seconds of the first of them form one onset. Ignores percussion; `notes`
/// may be in any order.
std::vector<int> melody_line(std::span<const music::Note> notes, double merge = kOnsetMerge);

/// Three successive pitch intervals: a 4-note motif, independent of transposition.
using IntervalPattern = std::array<int, 3>;
/// Returns the distinct patterns of a melody; none for fewer than four pitches.
std::set<IntervalPattern> interval_patterns(std::span<const int> melody);

/// The share of a primer's patterns that recur in its continuation.
struct MotifRecurrence {
  int64_t patterns = 0;   ///< number of distinct patterns in the primer
  int64_t recurring = 0;  ///< number of these that also occur in the continuation
  double share() const {
    return patterns > 0 ? static_cast<double>(recurring) / static_cast<double>(patterns) : 0;
  }
};

/// Patterns across the border belong to neither side.
MotifRecurrence motif_recurrence(std::span<const music::Note> primer,
                                 std::span<const music::Note> continuation);

/// Averages the share over the pieces whose primer has a pattern.
MeanWithError mean_share(std::span<const MotifRecurrence> pieces);

}  // namespace heed::evaluation
