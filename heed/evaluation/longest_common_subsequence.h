// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// Longest common subsequences of two sequences of symbols. Time O(n m).
namespace heed::evaluation {

/// Memory O(m).
int64_t common_subsequence_length(std::span<const uint32_t> a, std::span<const uint32_t> b);

/// Returns the positions in `a`, in order, of one longest common subsequence. Of several it is the one that
/// rouge_score takes: a walk from both ends that passes over a symbol of `a`, unless passing over one of `b`
/// keeps more. Memory O(n m).
std::vector<size_t> common_subsequence(std::span<const uint32_t> a, std::span<const uint32_t> b);

}  // namespace heed::evaluation
