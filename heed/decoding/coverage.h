// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/decoding/policy.h"

namespace heed::decoding {

/// The attention that each source position has received from the steps of one output: c_i = sum_j p_ij of Wu
/// et al. 2016, arXiv:1609.08144, equation 14, where p_ij is the mean over the heads. In float64.
class Coverage {
 public:
  explicit Coverage(int64_t source_length) : shares_(static_cast<size_t>(source_length), 0.0) {}

  /// Adds a step; ignores positions past the source's length.
  void add(const StepAttention& attention);

  /// Returns sum_i ln min(c_i, 1): 0 if every position is fully covered, else negative. An unattended
  /// position counts as 1e-30, which keeps scores finite.
  double log_shares() const;

 private:
  std::vector<double> shares_;
};

}  // namespace heed::decoding
