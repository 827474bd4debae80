// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/token_rules.h"

#include <limits>
#include <utility>

#include <c10/util/Exception.h>

namespace heed::decoding {
namespace {

bool change_logits(const PenaltyOptions& options) {
  return options.repetition != 1 || options.frequency != 0 || options.presence != 0 ||
         options.no_repeat_ngram != 0;
}

}  // namespace

TokenRules::TokenRules(const PenaltyOptions& penalties, int64_t prompt_length, const EndRule& end,
                       std::unique_ptr<Constraint> own)
    : end_(end), prompt_left_(prompt_length), own_(std::move(own)) {
  TORCH_CHECK(end.min_new_tokens >= 0, "[token_rules] min_new_tokens must not be negative, got ",
              end.min_new_tokens);
  if (change_logits(penalties)) penalties_.emplace(penalties, prompt_length);
}

bool TokenRules::idle() const {
  return !penalties_ && !own_ && (!end_.token || end_.min_new_tokens == 0);
}

void TokenRules::accept(int64_t token) {
  if (prompt_left_ > 0)
    --prompt_left_;
  else
    ++drawn_;
  if (penalties_) penalties_->accept(token);
  if (own_) own_->accept(token);
}

void TokenRules::restrict_logits(std::span<float> logits) {
  if (penalties_) penalties_->restrict_logits(logits);
  if (end_.token && drawn_ < end_.min_new_tokens)
    logits[static_cast<size_t>(*end_.token)] = -std::numeric_limits<float>::infinity();
  if (own_) own_->restrict_logits(logits);
}

}  // namespace heed::decoding
