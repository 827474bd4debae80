// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

#include <c10/util/SmallVector.h>

#include "heed/kernels/logits.h"

namespace heed::decoding {

/// Some most likely tokens of a row: those whose logit is above `threshold`, and of those that equal it the
/// ones up to `last`. By default all.
struct KeptTokens {
  float threshold = -std::numeric_limits<float>::infinity();
  int64_t last = std::numeric_limits<int64_t>::max();

  bool all() const { return *this == KeptTokens{}; }
  bool has(float logit, int64_t token) const {
    return logit > threshold || (logit == threshold && token <= last);
  }
  bool operator==(const KeptTokens&) const = default;
};

/// What the kept tokens of each block weigh, and their sum in float64.
struct BlockWeights {
  c10::SmallVector<float, 16> blocks;
  double total = 0;
};
BlockWeights weigh_blocks(const kernels::LogitsProblem& problem, const KeptTokens& kept);

/// The token whose stretch of the cumulated weights of the kept tokens holds `uniform`, in [0, 1), of their
/// total, which must be above 0.
int64_t token_at(const kernels::LogitsProblem& problem, const KeptTokens& kept, const BlockWeights& weights,
                 double uniform);

}  // namespace heed::decoding
