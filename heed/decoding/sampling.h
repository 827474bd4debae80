// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/core/config.h"

namespace heed::decoding {

/// How a token is drawn from logits. Filters apply in this order: temperature, top_k, top_p.
struct SamplingOptions {
  double temperature = 1;  ///< logits are divided by it; 0 takes the most likely token
  int64_t top_k = 0;       ///< keep the k most likely tokens (Fan et al. 2018, arXiv:1805.04833); 0: all
  double top_p = 0;  ///< keep the fewest most likely tokens that reach this probability (Holtzman et al.
                     ///< 2019, arXiv:1904.09751); 0 or 1: all
};
std::vector<Field> fields(SamplingOptions& options);

/// The probabilities [vocabulary] that tokens are drawn with; they sum to 1, and filtered tokens have 0.
/// Among equal logits the lower token counts as more likely. Temperature 0 gives the best token
/// probability 1. Throws c10::Error when every logit is -infinity, or one is NaN or +infinity.
std::vector<double> token_probabilities(std::span<const float> logits, const SamplingOptions& options);

/// The token whose stretch of the cumulated probabilities holds `uniform`, in [0, 1).
int64_t pick_token(std::span<const double> probabilities, double uniform);

/// Noise in [0, 1), a pure function of its arguments (Philox 4x32-10, Salmon et al. 2011): key `seed`, one
/// stream for each `sample`, one block for each `position`.
double sampling_noise(uint64_t seed, int64_t sample, int64_t position);

/// ln p of each token, in float64: [vocabulary].
std::vector<double> log_softmax(std::span<const float> logits);

}  // namespace heed::decoding
