// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/decoding/hypothesis.h"
#include "heed/decoding/output_rules.h"
#include "heed/decoding/sampling.h"
#include "heed/nn/sequence_to_sequence.h"

namespace heed::decoding {

/// What to draw. A sample is a function of (weights, its sentence, its index, seed, sampling, output) alone.
struct TranslationSampling {
  SamplingOptions sampling{};
  OutputRules output{};
  int64_t count = 1;  ///< samples of each sentence
  uint64_t seed = 0;
  /// Index of each sentence's first sample; the others count up from it. Empty: sentence * count, and so a
  /// sentence keeps its samples in another batch only with the indices given.
  std::vector<int64_t> first_samples{};
};

/// Draws `count` outputs of each source, in order of their index. Their score is ln p by the model alone: no
/// temperature, filter or rule. Throws c10::Error as beam_search() does.
std::vector<std::vector<Hypothesis>> sample_translations(nn::SequenceToSequenceModel& model,
                                                         const nn::Source& source,
                                                         const TranslationSampling& request);

}  // namespace heed::decoding
