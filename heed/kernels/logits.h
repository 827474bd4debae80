// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// What searches and sampling read from a row of logits: a few passes over blocks, which skip the tokens of a
/// block without interest.
namespace heed::kernels {

/// A row of logits, or some whole blocks of a row. The weight of a token is e^(scale * (logit - largest)).
struct LogitsProblem {
  static constexpr int64_t kBlock = 128;
  const float* logits = nullptr;
  int64_t count = 0;
  const float* block_largest = nullptr;  ///< [ceil(count / kBlock)], from survey
  float largest = 0;                     ///< of the whole row; finite
  float scale = 1;                       ///< above 0: 1 / temperature
};

/// On the calling thread. Weights are float32, and so are sums of at most 32 of them in a lane; sums of
/// blocks are float64.
struct LogitsKernels {
  static constexpr int kThresholds = 8;

  /// Sets the largest logit of each block. Returns the largest of the row, or NaN if a logit is NaN or
  /// +infinity.
  float (*survey)(const float* logits, int64_t count, float* block_largest) noexcept;
  /// Sums the weights of each block's logits of at least `threshold` into block_sums, if not null. Returns
  /// the sum of all blocks.
  double (*sum_blocks)(const LogitsProblem&, float threshold, float* block_sums) noexcept;
  /// The weight of each token; 0 if it is below 2^-125.
  void (*weigh)(const LogitsProblem&, float* weights) noexcept;
  /// For each of kThresholds ascending thresholds above -infinity: the number of logits that are at least the
  /// threshold, or the sum of these tokens' weights as weigh() gave them.
  void (*count_above)(const LogitsProblem&, const float* thresholds, double* counts) noexcept;
  void (*sum_above)(const LogitsProblem&, const float* weights, const float* thresholds,
                    double* sums) noexcept;
  /// The first `capacity` tokens, ascending, whose logits are at least `low` and below `high`. Returns their
  /// number.
  int64_t (*find_between)(const LogitsProblem&, float low, float high, int64_t capacity,
                          int64_t* tokens) noexcept;
};

}  // namespace heed::kernels
