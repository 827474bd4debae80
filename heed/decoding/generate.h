// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "heed/decoding/constraint.h"
#include "heed/decoding/sampling.h"
#include "heed/nn/sequence_model.h"

namespace heed::decoding {

/// What to generate. The piece of a sample is a function of (weights, its prompt, its index, seed, sampling,
/// constraint, max_new_tokens, tile) alone: neither count, first_sample, batch_size nor the other prompts
/// change it.
///
/// Matrix products round differently for different numbers of rows, which now and then flips a drawn token.
/// So the model always runs on exactly `tile` rows; sample s stands in row s % tile, unused rows compute
/// numbers that nobody reads, and the state holds prompt + max_new_tokens for every row.
struct GenerateRequest {
  /// Tokens that begin the pieces, begin mark included: one prompt for all, or one for each sample. None
  /// empty.
  std::vector<std::vector<int64_t>> prompts;
  int64_t count = 1;         ///< samples
  int64_t first_sample = 0;  ///< index of the first: 3 with count 1 gives the fourth of a larger request
  int64_t batch_size = 8;    ///< samples decoded together; more than `tile` take turns
  int64_t tile = 8;          ///< rows of every pass of the model; changes numbers within rounding
  int64_t max_new_tokens = 1024;
  std::optional<int64_t> end_token;  ///< a piece is over once it is drawn
  uint64_t seed = 0;
  SamplingOptions sampling;
  ConstraintFactory constraint;
  /// Called after each step with the tokens drawn so far by all samples. What it throws stops the work.
  std::function<void(int64_t drawn)> progress;
};

struct Generated {
  int64_t sample = 0;
  std::vector<int64_t> tokens;            ///< what follows the prompt, end token included
  std::vector<double> log_probabilities;  ///< ln p of each by the model alone: no temperature, filter, rule
  bool ended = false;                     ///< by the end token, not by max_new_tokens
};

struct Generation {
  std::vector<Generated> samples;  ///< in order of their index
  int64_t drawn = 0;               ///< tokens of all samples
  double seconds = 0;              ///< prompts included
  double tokens_per_second() const { return seconds > 0 ? static_cast<double>(drawn) / seconds : 0; }
};

/// Runs the model in eval mode, without gradient, on the device of its weights. Prompts of one length share a
/// pass. Throws c10::Error on an empty prompt, a token outside the vocabulary, or sizes below 1.
Generation generate(nn::SequenceModel& model, const GenerateRequest& request);

}  // namespace heed::decoding
