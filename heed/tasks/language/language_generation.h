// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "heed/decoding/generate.h"
#include "heed/tasks/language/language_model.h"

namespace heed::tasks {

struct TextRequest {
  std::vector<std::string> prompts;  ///< empty ones begin a new text
  int64_t count = 1;                 ///< samples of each prompt
  int64_t first_sample = 0;
  int64_t batch_size = 8;
  int64_t max_tokens = 256;
  uint64_t seed = 1;
  decoding::SamplingOptions sampling;
  std::function<void(int64_t drawn)> progress;
  /// Receives the new text of the only sample as it is drawn, in whole characters.
  std::function<void(std::string_view piece)> stream;
  std::stop_token stop = {};
};

struct WrittenText {
  int64_t prompt = 0, sample = 0;  ///< indices
  std::string text;                ///< what follows the prompt
  std::vector<int64_t> tokens;
  std::vector<double> log_probabilities;
  bool ended = false;  ///< whether the model ended the text
};

struct TextGeneration {
  std::vector<WrittenText> texts;  ///< by prompt, then by sample
  int64_t drawn = 0;
  double tokens_per_second = 0;
};

/// Continues prompts. The bits of a text do not depend on the other prompts. The unknown token is never drawn.
/// Throws Error(kUsage) for a prompt that does not fit the model.
TextGeneration generate_text(const LanguageModel& model, const TextRequest& request);

}  // namespace heed::tasks
