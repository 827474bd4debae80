// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

#include <c10/util/SmallVector.h>

#include "heed/kernels/logits.h"

namespace heed::decoding {

/// A set of most likely tokens of a row: those with a logit above `threshold`, and those equal to it up to
/// token `last`. All tokens by default.
struct KeptTokens {
  float threshold = -std::numeric_limits<float>::infinity();
  int64_t last = std::numeric_limits<int64_t>::max();

  bool all() const { return *this == KeptTokens{}; }
  bool has(float logit, int64_t token) const {
    return logit > threshold || (logit == threshold && token <= last);
  }
  bool operator==(const KeptTokens&) const = default;
};

/// The sum of the kept tokens' weights in each block, and the total in float64.
struct BlockWeights {
  c10::SmallVector<float, 16> blocks;
  double total = 0;
};
BlockWeights weigh_blocks(const kernels::LogitsProblem& problem, const KeptTokens& kept);

/// Returns the token whose interval of the kept tokens' cumulative weights contains `uniform` * total.
/// `uniform` is in [0, 1); the total must be positive.
int64_t token_at(const kernels::LogitsProblem& problem, const KeptTokens& kept, const BlockWeights& weights,
                 double uniform);

}  // namespace heed::decoding
