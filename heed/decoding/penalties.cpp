// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/penalties.h"

#include <limits>

#include <c10/util/Exception.h>

#include "heed/decoding/repetition.h"

namespace heed::decoding {

std::vector<Field> fields(PenaltyOptions& options) {
  return {
      {"repetition_penalty", &options.repetition,
       "divides positive logits of tokens in the prompt or output and multiplies negative ones; "
       "1: off",
       between(0.01, 100)},
      {"frequency_penalty", &options.frequency,
       "subtracted from a logit for each occurrence of its token in the output; 0: off", between(-100, 100)},
      {"presence_penalty", &options.presence, "subtracted from the logits of tokens in the output; 0: off",
       between(-100, 100)},
      {"no_repeat_ngram", &options.no_repeat_ngram,
       "length of n-grams of the prompt and the output that must not repeat; 0: off", at_least(0)},
  };
}

Penalties::Penalties(const PenaltyOptions& options, int64_t prompt_length)
    : options_(options), prompt_left_(prompt_length) {
  TORCH_CHECK(options.repetition > 0, "[penalties] the repetition penalty must be above 0, got ",
              options.repetition);
  TORCH_CHECK(options.no_repeat_ngram >= 0, "[penalties] no_repeat_ngram must not be negative, got ",
              options.no_repeat_ngram);
  TORCH_CHECK(prompt_length >= 0, "[penalties] prompt_length must not be negative, got ", prompt_length);
}

void Penalties::accept(int64_t token) {
  const bool of_prompt = prompt_left_ > 0;
  if (of_prompt) --prompt_left_;
  written_[token] += of_prompt ? 0 : 1;
  if (options_.no_repeat_ngram > 0) tokens_.push_back(token);
}

void Penalties::restrict_logits(std::span<float> logits) {
  for (const auto& [token, times] : written_) {
    TORCH_CHECK(token >= 0 && token < static_cast<int64_t>(logits.size()), "[penalties] token ", token,
                " is outside the vocabulary of ", logits.size());
    float& logit = logits[static_cast<size_t>(token)];
    double value = logit > 0 ? logit / options_.repetition : logit * options_.repetition;
    if (times > 0) value -= options_.presence + options_.frequency * static_cast<double>(times);
    logit = static_cast<float>(value);
  }
  std::vector<int64_t> forbidden;
  append_repeating_tokens(tokens_, options_.no_repeat_ngram, forbidden);
  for (const int64_t token : forbidden)
    logits[static_cast<size_t>(token)] = -std::numeric_limits<float>::infinity();
}

}  // namespace heed::decoding
