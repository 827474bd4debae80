// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

/// ln p of given tokens, with float32 exponentials as in top_tokens(): within 1e-6 of the exact value. For
/// the best tokens of a step see top_tokens.h.
namespace heed::decoding {

/// Returns ln p of a token under the softmax of logits [vocabulary]. Throws c10::Error if a logit is NaN or
/// +infinity, all are -infinity, or the token is outside the vocabulary.
double log_probability(std::span<const float> logits, int64_t token);

/// Returns ln p of each token of a prompt except the first, which nothing predicts: [prompt - 1]. `logits`
/// has the logits after each token, [prompt or prompt - 1, vocabulary] row by row; the row for the token
/// after the prompt is ignored. Positions are divided among threads. Throws like log_probability().
std::vector<double> prompt_log_probabilities(std::span<const float> logits, std::span<const int64_t> prompt,
                                             int64_t vocabulary);

}  // namespace heed::decoding
