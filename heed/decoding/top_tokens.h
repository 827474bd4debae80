// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace heed::decoding {

struct ScoredToken {
  int64_t token = 0;
  double log_probability = 0;
};

/// Forbidden tokens, in two lists so that the long one is made only once.
struct ForbiddenTokens {
  std::span<const uint8_t> never;  ///< [vocabulary], nonzero for forbidden tokens; empty: none
  std::span<const int64_t> now;    ///< further tokens
};

/// Returns the `count` most likely allowed tokens of a row, most likely first, ties by lower token; fewer if
/// fewer have a probability. ln p is that of the softmax over all logits, including forbidden tokens.
/// Exponentials and sums of 32 are float32, the rest is float64: within 1e-6 of the exact value, and never
/// above 0.
///
/// The kernels pass over the row twice and once more over the few blocks with candidates; O(vocabulary +
/// count) and rare insertions. A pure function of the arguments and the instruction set. Throws c10::Error
/// for a logit that is NaN or +infinity.
std::vector<ScoredToken> top_tokens(std::span<const float> logits, int64_t count,
                                    const ForbiddenTokens& forbidden = {});

}  // namespace heed::decoding
