// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "heed/decoding/constraint.h"
#include "heed/decoding/penalties.h"

namespace heed::decoding {

/// The end of a sample.
struct EndRule {
  std::optional<int64_t> token;  ///< ends a sample when it is drawn; one in the prompt does not
  int64_t min_new_tokens = 0;    ///< tokens before it may be drawn
};

/// Everything that changes the logits of a sample before a token is drawn. In this order:
///
///   1. repetition penalty, over prompt and output
///   2. frequency and presence penalties, over the output
///   3. no_repeat_ngram, over prompt and output
///   4. no end token among the first min_new_tokens
///   5. the request's own constraint, such as a grammar
///
/// Then sampling.h applies
///
///   6. temperature
///   7. top_k
///   8. top_p, on what top_k keeps
///   9. min_p, on what top_p keeps
///
/// This is the order of Hugging Face's transformers. llama.cpp has the temperature last, so that its top_p and min_p
/// measure probabilities at temperature 1; with temperature 1 both orders agree.
class TokenRules : public Constraint {
 public:
  /// `own` may be null. The first `prompt_length` tokens are the prompt.
  TokenRules(const PenaltyOptions& penalties, int64_t prompt_length, const EndRule& end,
             std::unique_ptr<Constraint> own);
  /// True if the rules never change a logit: drawing from the logits themselves is then the same and saves a copy.
  bool idle() const;

  void accept(int64_t token) override;
  /// All tokens are forbidden after it only if no_repeat_ngram or `own` forbids them.
  void restrict_logits(std::span<float> logits) override;

 private:
  std::optional<Penalties> penalties_;
  EndRule end_;
  int64_t prompt_left_, drawn_ = 0;
  std::unique_ptr<Constraint> own_;
};

}  // namespace heed::decoding
