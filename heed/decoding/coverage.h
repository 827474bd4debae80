// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/decoding/policy.h"

namespace heed::decoding {

/// How much attention each position of a source has had from the steps of one output: c_i = sum_j p_ij of Wu
/// et al. 2016, arXiv:1609.08144, equation 14, p_ij being the mean of the heads. In float64.
class Coverage {
 public:
  explicit Coverage(int64_t source_length) : shares_(static_cast<size_t>(source_length), 0.0) {}

  /// Of one more step; positions past the source's length are passed over.
  void add(const StepAttention& attention);

  /// sum_i ln min(c_i, 1): 0 where every position has had its share, else below. What nobody looked at counts
  /// as 1e-30 of a look, so that scores stay finite.
  double log_shares() const;

 private:
  std::vector<double> shares_;
};

}  // namespace heed::decoding
