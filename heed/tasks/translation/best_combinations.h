// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "heed/decoding/hypothesis.h"

namespace heed::tasks {

/// The best combinations of one hypothesis from each part, best first, at most `count`. A combination lists the index of
/// the hypothesis in each part. The hypotheses of a part must be best first (decoding::better). A combination is better
/// when fewer of its hypotheses are unfinished, then when fewer loop, then when its sum of scores is larger; ties go to
/// the smaller indices.
std::vector<std::vector<size_t>> best_combinations(
    std::span<const std::span<const decoding::Hypothesis>> parts, size_t count);

}  // namespace heed::tasks
