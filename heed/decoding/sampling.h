// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/core/field.h"
#include "heed/decoding/constraint.h"

namespace heed::decoding {

/// Options for drawing a token from logits. Filters apply in this order: temperature, top_k, top_p, min_p.
struct SamplingOptions {
  double temperature = 1;  ///< divisor of the logits; 0: take the most likely token
  int64_t top_k = 0;       ///< keep the k most likely tokens (Fan et al. 2018, arXiv:1805.04833); 0: all
  double top_p = 0;  ///< keep the fewest most likely tokens that reach this probability (Holtzman et al.
                     ///< 2019, arXiv:1904.09751); 0 or 1: all
  double min_p = 0;  ///< keep tokens at least this many times as likely as the most likely one (Nguyen et al.
                     ///< 2024, arXiv:2407.01082); 0: all
};
std::vector<Field> fields(SamplingOptions& options);

struct Draw {
  int64_t token = 0;
  double log_probability = 0;  ///< ln p by the model, without temperature, filters or constraint
};

/// Draws a token from logits [vocabulary]: the one whose interval of the cumulative probabilities, in token
/// order, contains `uniform`, in [0, 1). A logit of -infinity forbids a token. Among equal logits the lower
/// token ranks first.
///
/// Exponentials are float32, and their sums float64 beyond a block of 128 tokens, so that probabilities have
/// a relative error below 1e-6. Takes O(vocabulary) without sorting it. A pure function of the arguments and
/// the instruction set. Throws c10::Error if every logit is -infinity, one is NaN or +infinity, or an option
/// is out of range.
Draw draw_token(std::span<const float> logits, const SamplingOptions& options, double uniform);

/// Draws from the logits that `constraint` allows; `logits` stay unchanged. The constraint does not yet
/// accept the token.
Draw draw_token(std::span<const float> logits, Constraint& constraint, const SamplingOptions& options,
                double uniform);

/// Returns only the token, if ln p is not needed or comes from other logits.
int64_t pick_token(std::span<const float> logits, const SamplingOptions& options, double uniform);

/// Returns noise in [0, 1), a pure function of the arguments (Philox 4x32-10, Salmon et al. 2011): key
/// `seed`, a stream per `sample`, a block per `position`.
double sampling_noise(uint64_t seed, int64_t sample, int64_t position);

}  // namespace heed::decoding
