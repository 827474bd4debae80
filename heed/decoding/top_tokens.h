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

/// Tokens that may not be chosen, in two lists so that the long one is made once.
struct ForbiddenTokens {
  std::span<const uint8_t> never;  ///< [vocabulary], not 0: forbidden. Empty: none
  std::span<const int64_t> now;    ///< a few more
};

/// The `count` most likely tokens of one row that are not forbidden, most likely first and of equals the
/// lower first; fewer where fewer have a probability. ln p is that of the softmax over all logits, forbidden
/// ones too, with exponentials and sums of 32 in float32, the rest in float64: within 1e-6 of the exact one,
/// and never above 0.
///
/// Two passes over the row by the kernels and the few blocks that hold something good once more; O(vocabulary
/// + count) and the rare insertion. A pure function of its arguments and the instruction set. Throws
/// c10::Error on a logit that is NaN or +infinity.
std::vector<ScoredToken> top_tokens(std::span<const float> logits, int64_t count,
                                    const ForbiddenTokens& forbidden = {});

}  // namespace heed::decoding
