// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "heed/core/config.h"
#include "heed/decoding/constraint.h"

namespace heed::decoding {

/// What it costs a token to have come before.
struct PenaltyOptions {
  /// Divides a positive logit and multiplies a negative one, of the tokens of the prompt too (Keskar et al.
  /// 2019, arXiv:1909.05858, which divides whatever the sign); 1: nothing, below 1 favours repetition.
  double repetition = 1;
  double frequency = 0;  ///< subtracted from a logit once for each time the token was written
  double presence = 0;   ///< subtracted once if the token was written at all
};
std::vector<Field> fields(PenaltyOptions& options);

/// Penalties as a constraint: lowers the logits of tokens that the row has had. What was written begins after
/// the prompt. First the repetition penalty, then the two others. O(different tokens seen) a step.
class Penalties : public Constraint {
 public:
  /// The first `prompt_length` tokens are the prompt's: only the repetition penalty counts them.
  Penalties(const PenaltyOptions& options, int64_t prompt_length);
  void accept(int64_t token) override;
  /// Throws c10::Error when a token that was accepted is outside the vocabulary.
  void restrict_logits(std::span<float> logits) override;

 private:
  PenaltyOptions options_;
  int64_t prompt_left_;
  std::unordered_map<int64_t, int64_t> written_;  // how often, of each token seen
};

}  // namespace heed::decoding
