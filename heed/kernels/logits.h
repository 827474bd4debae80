// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// What a search must know of a row of logits before it looks at single tokens.
namespace heed::kernels {

struct LogitsProblem {
  static constexpr int64_t kBlock = 128;
  const float* logits = nullptr;
  int64_t count = 0;
  float* block_largest = nullptr;  ///< [ceil(count / kBlock)] the largest of each block
  float* largest = nullptr;        ///< of the row, but finite also where all are -infinity
  double* total = nullptr;         ///< sum of e^(logit - largest); NaN where a logit is NaN or +infinity
};

/// On the calling thread. Sums of at most 32 exponentials are float32, theirs float64.
struct LogitsKernels {
  void (*survey)(const LogitsProblem&) noexcept;
};

}  // namespace heed::kernels
