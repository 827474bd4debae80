// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "heed/decoding/constraint.h"
#include "heed/decoding/decode.h"
#include "heed/decoding/sampling.h"
#include "heed/nn/sequence_model.h"

namespace heed::decoding {

/// A token that was drawn.
struct DrawnToken {
  int64_t sample = 0, token = 0;
  double log_probability = 0;  ///< ln p by the model, without temperature, filters or constraint
};

/// A generation request. A sample's tokens depend only on the weights, its prompt, its index, seed, sampling,
/// constraint and max_new_tokens. They do not depend on count, first_sample, batch_size, other prompts or the
/// number of threads; in float32 on the CPU not a single token changes.
struct GenerateRequest {
  /// Tokens that begin the samples, including the begin mark: one prompt for all, or one per sample; none
  /// empty.
  std::vector<std::vector<int64_t>> prompts;
  int64_t count = 1;              ///< number of samples
  int64_t first_sample = 0;       ///< index of the first: 3 with count 1 gives the fourth of a larger request
  int64_t batch_size = 8;         ///< samples decoded together
  int64_t max_new_tokens = 1024;  ///< maximum length; less if the model's positions end before
  std::optional<int64_t> end_token;  ///< token that ends a sample
  uint64_t seed = 0;
  SamplingOptions sampling;
  ConstraintFactory constraint;
  /// Called after each step with the number of tokens drawn so far by all samples. An exception stops the
  /// work.
  std::function<void(int64_t drawn)> progress;
  /// Called with each drawn token, in order within a sample, by one thread at a time.
  std::function<void(const DrawnToken&)> on_token;
  std::stop_token stop = {};  ///< ends the work within one step; samples then have the tokens drawn so far
};

struct Generated {
  int64_t sample = 0;
  std::vector<int64_t> tokens;            ///< tokens after the prompt, including the end token
  std::vector<double> log_probabilities;  ///< one per token, as in DrawnToken
  bool ended = false;  ///< whether the end token ended it, rather than its length or a stop
};

struct Generation {
  std::vector<Generated> samples;  ///< by index
  int64_t drawn = 0;               ///< number of tokens drawn by all samples
  double seconds = 0;              ///< total time, including prompts
  bool stopped = false;            ///< whether request.stop ended the work before all samples were complete
  double tokens_per_second() const { return seconds > 0 ? static_cast<double>(drawn) / seconds : 0; }
};

/// Samples from a model whose rows `start` makes: input i is sample first_sample + i. Throws c10::Error for
/// an empty prompt, a token outside the vocabulary, or sizes below 1.
Generation generate(nn::Decoder& model, const StartState& start, const GenerateRequest& request);
/// Samples from a sequence model.
Generation generate(nn::SequenceModel& model, const GenerateRequest& request);

}  // namespace heed::decoding
