// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heed::bench {

/// One shape of float32 attention to time.
struct AttentionSpeedOptions {
  int64_t batch = 1, heads = 8, length = 1024, head_dim = 64;
  bool causal = true, relation = true;
  int64_t repeats = 7;
};

/// Times in milliseconds; low and high are the quartiles of the repeats.
struct Timing {
  double median = 0, low = 0, high = 0;
};
struct AttentionSpeed {
  std::string backend;
  Timing forward, forward_backward;
  double largest_difference = 0;  ///< of outputs and gradients, from the reference
};

/// Times the reference and the tiled backend on the same inputs, in turns so that both meet the same noise,
/// after one call each to warm up. Outputs and gradients are compared first: Error(kSystem) when they
/// disagree.
std::vector<AttentionSpeed> attention_speed(const AttentionSpeedOptions& options);

/// Median and quartiles of some times, which must not be empty.
Timing summarize(std::vector<double> milliseconds);

}  // namespace heed::bench
