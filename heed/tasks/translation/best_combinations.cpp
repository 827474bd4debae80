// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/best_combinations.h"

#include <algorithm>
#include <tuple>

namespace heed::tasks {
namespace {

/// A combination of the parts so far.
struct Combination {
  size_t before = 0;      ///< index of the combination of the earlier parts
  size_t hypothesis = 0;  ///< index in the last part
  int64_t not_ended = 0, looped = 0;
  double score = 0;

  bool operator<(const Combination& other) const {
    return std::make_tuple(not_ended, looped, -score) <
           std::make_tuple(other.not_ended, other.looped, -other.score);
  }
};

Combination extended(const Combination& whole, size_t place, const decoding::Hypothesis& hypothesis,
                     size_t index) {
  return {.before = place,
          .hypothesis = index,
          .not_ended = whole.not_ended + (hypothesis.ended ? 0 : 1),
          .looped = whole.looped + (hypothesis.looped ? 1 : 0),
          .score = whole.score + hypothesis.score};
}

/// A combination that is not among the best of the first parts cannot be among the best of the whole: a further part adds
/// the same to all.
std::vector<Combination> best_extended(const std::vector<Combination>& best,
                                       std::span<const decoding::Hypothesis> part, size_t count) {
  std::vector<Combination> longer;
  for (size_t i = 0; i < best.size(); ++i) {
    // (i + 1) * (j + 1) - 1 combinations are at least as good as (i, j).
    for (size_t j = 0; j < part.size() && (i + 1) * (j + 1) <= count; ++j)
      longer.push_back(extended(best[i], i, part[j], j));
  }
  std::stable_sort(longer.begin(), longer.end());
  longer.resize(std::min(longer.size(), count));
  return longer;
}

}  // namespace

std::vector<std::vector<size_t>> best_combinations(
    std::span<const std::span<const decoding::Hypothesis>> parts, size_t count) {
  std::vector<std::vector<Combination>> best{std::vector<Combination>(1)};  // of no part, of one part, ...
  for (const auto& part : parts) best.push_back(best_extended(best.back(), part, count));
  std::vector<std::vector<size_t>> choices;
  for (size_t i = 0; i < best.back().size(); ++i) {
    std::vector<size_t> choice(parts.size());
    size_t place = i;
    for (size_t part = parts.size(); part > 0; --part) {
      const Combination& last = best[part][place];
      choice[part - 1] = last.hypothesis;
      place = last.before;
    }
    choices.push_back(std::move(choice));
  }
  return choices;
}

}  // namespace heed::tasks
