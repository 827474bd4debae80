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

/// A token as it is drawn.
struct DrawnToken {
  int64_t sample = 0, token = 0;
  double log_probability = 0;  ///< ln p by the model alone: no temperature, filter or constraint
};

/// What to generate. The piece of a sample is a function of (weights, its prompt, its index, seed, sampling,
/// constraint, max_new_tokens) alone: neither count, first_sample, batch_size, the other prompts nor the
/// number of threads changes it; not in one token in float32 on the CPU.
struct GenerateRequest {
  /// Tokens that begin the pieces, begin mark included: one prompt for all, or one for each sample. None
  /// empty.
  std::vector<std::vector<int64_t>> prompts;
  int64_t count = 1;              ///< samples
  int64_t first_sample = 0;       ///< index of the first: 3 with count 1 gives the fourth of a larger request
  int64_t batch_size = 8;         ///< samples decoded together
  int64_t max_new_tokens = 1024;  ///< fewer where the model's positions end before
  std::optional<int64_t> end_token;  ///< a piece is over once it is drawn
  uint64_t seed = 0;
  SamplingOptions sampling;
  ConstraintFactory constraint;
  /// Called after each step with the tokens drawn so far by all samples. What it throws stops the work.
  std::function<void(int64_t drawn)> progress;
  /// Called with each token as it is drawn, in order within a sample, never twice at once.
  std::function<void(const DrawnToken&)> on_token;
  std::stop_token stop = {};  ///< ends the work within one step; samples then hold what was drawn
};

struct Generated {
  int64_t sample = 0;
  std::vector<int64_t> tokens;            ///< what follows the prompt, end token included
  std::vector<double> log_probabilities;  ///< of each, as DrawnToken has it
  bool ended = false;                     ///< by the end token, not by its length or a stop
};

struct Generation {
  std::vector<Generated> samples;  ///< in order of their index
  int64_t drawn = 0;               ///< tokens of all samples
  double seconds = 0;              ///< prompts included
  bool stopped = false;            ///< by request.stop, before every piece was complete
  double tokens_per_second() const { return seconds > 0 ? static_cast<double>(drawn) / seconds : 0; }
};

/// Samples from a model whose rows `start` begins: input i is sample first_sample + i. Throws c10::Error on
/// an empty prompt, a token outside the vocabulary, or sizes below 1.
Generation generate(nn::Decoder& model, const StartState& start, const GenerateRequest& request);
/// The same for a model of sequences.
Generation generate(nn::SequenceModel& model, const GenerateRequest& request);

}  // namespace heed::decoding
