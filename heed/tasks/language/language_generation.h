// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
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
  int64_t max_tokens = 256, min_tokens = 0;
  uint64_t seed = 1;
  decoding::SamplingOptions sampling{.temperature = 0.8};
  decoding::PenaltyOptions penalties;
  decoding::SpeculationOptions speculation;
  const LanguageModel* draft = nullptr;  ///< guesses in place of the look-up
  std::vector<std::string> stop_texts;   ///< a text ends before one of them
  decoding::Overflow overflow = decoding::Overflow::kShift;
  int64_t alternatives = 0;  ///< most likely tokens reported beside each token
  bool score_prompt = false;
  std::function<void(int64_t drawn)> progress;
  /// Receives the new text of the only sample as it is drawn, in whole characters.
  std::function<void(std::string_view piece)> stream;
  std::stop_token stop = {};
};

struct WrittenText {
  int64_t prompt = 0, sample = 0;  ///< indices
  text::Tokens prompt_tokens;      ///< with the mark before the text
  decoding::Generated generated;   ///< with the text that follows the prompt
};

struct TextGeneration {
  std::vector<WrittenText> texts;  ///< by prompt, then by sample
  int64_t drawn = 0;
  double tokens_per_second = 0, tokens_per_pass = 0;
};

/// Continues prompts. The bits of a text do not depend on the other prompts, nor on guesses. The unknown token
/// is never drawn. Throws Error(kUsage) for a prompt that does not fit the model, and for a draft model with
/// another vocabulary.
TextGeneration generate_text(const LanguageModel& model, const TextRequest& request);

/// "length", "end", "stop", "context", ...
std::string ending_name(decoding::Ending ending);

}  // namespace heed::tasks
