// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "heed/decoding/hypothesis.h"

namespace heed::tasks {

/// The best ways to put one hypothesis of each part together, best first, `count` at most: for each the index
/// of its hypothesis of every part. Each part's are best first (decoding::better). A whole is better that has
/// fewer hypotheses that did not end, then fewer loops, then the larger sum of scores; of equals the one that
/// comes first by its indices.
std::vector<std::vector<size_t>> best_combinations(
    std::span<const std::span<const decoding::Hypothesis>> parts, size_t count);

}  // namespace heed::tasks
