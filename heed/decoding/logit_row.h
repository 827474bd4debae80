// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include <c10/util/SmallVector.h>

#include "heed/kernels/logits.h"

namespace heed::decoding {

/// A row of logits [vocabulary] and the largest of each block of it, found in one pass by the kernels. Later
/// passes leave out blocks that hold nothing of interest. Points to the logits, which must stay as they are.
class LogitRow {
 public:
  static constexpr int64_t kBlock = kernels::LogitsProblem::kBlock;

  /// Throws c10::Error, with `caller` before the message, when there are no logits or one is NaN or
  /// +infinity.
  LogitRow(const char* caller, std::span<const float> logits);
  LogitRow(const LogitRow&) = delete;

  int64_t size() const { return static_cast<int64_t>(logits_.size()); }
  std::span<const float> logits() const { return logits_; }
  std::span<const float> block_largest() const { return block_largest_; }
  float largest() const { return largest_; }  ///< -infinity where no token has a probability
  int64_t most_likely() const;                ///< the first of equals

  /// For the kernels. The temperature must be above 0 and `largest` finite.
  kernels::LogitsProblem problem(double temperature = 1) const;
  /// ln of the sum of e^(logit - largest) over all tokens.
  double log_sum() const;

 private:
  std::span<const float> logits_;
  c10::SmallVector<float, 16> block_largest_;
  float largest_;
};

}  // namespace heed::decoding
