// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "heed/core/field.h"
#include "heed/decoding/constraint.h"

namespace heed::decoding {

/// Penalties for tokens that occurred before.
struct PenaltyOptions {
  /// Divides a positive logit and multiplies a negative one, also for tokens of the prompt (Keskar et al.
  /// 2019, arXiv:1909.05858, divides whatever the sign); 1: off; below 1 favours repetition.
  double repetition = 1;
  double frequency = 0;  ///< subtracted from a logit for each occurrence of the token in the output
  double presence = 0;   ///< subtracted once if the token occurred in the output
  /// Length of n-grams of prompt and output that must not occur twice (Paulus et al. 2017, arXiv:1705.04304); 0: off.
  int64_t no_repeat_ngram = 0;
};
std::vector<Field> fields(PenaltyOptions& options);

/// Applies penalties as a constraint: lowers the logits of tokens that the row has had. The output begins
/// after the prompt. The repetition penalty comes first, then frequency and presence (the definition of OpenAI's API),
/// then no_repeat_ngram, which may forbid every token. Takes O(distinct tokens) per step, and O(tokens) with
/// no_repeat_ngram.
class Penalties : public Constraint {
 public:
  /// The first `prompt_length` tokens are the prompt: only the repetition penalty counts them.
  Penalties(const PenaltyOptions& options, int64_t prompt_length);
  void accept(int64_t token) override;
  /// Throws c10::Error if an accepted token is outside the vocabulary.
  void restrict_logits(std::span<float> logits) override;

 private:
  PenaltyOptions options_;
  int64_t prompt_left_;
  std::unordered_map<int64_t, int64_t> written_;  // number of occurrences in the output of each token seen
  std::vector<int64_t> tokens_;                   // all of them, for no_repeat_ngram
};

}  // namespace heed::decoding
