// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include <c10/util/SmallVector.h>

#include "heed/kernels/logits.h"

namespace heed::decoding {

/// A row of logits [vocabulary] and the largest logit of each of its blocks, found by the kernels in one
/// pass. Later passes skip blocks without relevant tokens. Refers to the logits, which must not change.
class LogitRow {
 public:
  static constexpr int64_t kBlock = kernels::LogitsProblem::kBlock;

  /// Throws c10::Error, with `caller` in front of the message, if there are no logits or one is NaN or
  /// +infinity.
  LogitRow(const char* caller, std::span<const float> logits);
  LogitRow(const LogitRow&) = delete;

  int64_t size() const { return static_cast<int64_t>(logits_.size()); }
  std::span<const float> logits() const { return logits_; }
  std::span<const float> block_largest() const { return block_largest_; }
  float largest() const { return largest_; }  ///< -infinity if no token has a probability
  int64_t most_likely() const;                ///< first token with the largest logit

  /// Returns the kernels' description of the row. The temperature must be positive and `largest` finite.
  kernels::LogitsProblem problem(double temperature = 1) const;
  /// Returns the ln of the sum of e^(logit - largest) over all tokens.
  double log_sum() const;

 private:
  std::span<const float> logits_;
  c10::SmallVector<float, 16> block_largest_;
  float largest_;
};

}  // namespace heed::decoding
