// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/decoding/hypothesis.h"
#include "heed/decoding/output_rules.h"
#include "heed/decoding/sampling.h"
#include "heed/nn/sequence_to_sequence.h"

namespace heed::decoding {

/// A sampling request. A sample depends only on the weights, its sentence, its index, seed, sampling and
/// output.
struct TranslationSampling {
  SamplingOptions sampling{};
  OutputRules output{};
  int64_t count = 1;  ///< samples per sentence
  uint64_t seed = 0;
  /// Index of each sentence's first sample; the others follow. Empty: sentence * count; a sentence then has
  /// other samples at another index in the batch.
  std::vector<int64_t> first_samples{};
};

/// Draws `count` outputs per source, in order of their index. The score is ln p by the model, without
/// temperature, filters or rules. Throws c10::Error like beam_search().
std::vector<std::vector<Hypothesis>> sample_translations(nn::SequenceToSequenceModel& model,
                                                         const nn::Source& source,
                                                         const TranslationSampling& request);

}  // namespace heed::decoding
