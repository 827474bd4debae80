// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

/// ln p of given tokens, with exponentials in float32 as top_tokens() has them: within 1e-6 of the exact one.
/// For the best tokens of a step see top_tokens.h.
namespace heed::decoding {

/// ln p of one token under the softmax of logits [vocabulary]. Throws c10::Error on a logit that is NaN or
/// +infinity, when all are -infinity, or on a token outside the vocabulary.
double log_probability(std::span<const float> logits, int64_t token);

/// ln p of each token of a prompt but the first, which nothing predicts: [prompt - 1]. `logits` are those
/// after each token, [prompt or prompt - 1, vocabulary] row by row; the last row of the longer form, for the
/// token after the prompt, is not read. Positions are shared out to threads. Throws as log_probability().
std::vector<double> prompt_log_probabilities(std::span<const float> logits, std::span<const int64_t> prompt,
                                             int64_t vocabulary);

}  // namespace heed::decoding
