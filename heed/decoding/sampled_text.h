// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "heed/decoding/generate.h"
#include "heed/decoding/policy.h"
#include "heed/decoding/stop_sequences.h"
#include "heed/decoding/token_rules.h"

namespace heed::decoding {

/// What the samples of one request share.
struct SharedRequest {
  const GenerateRequest& request;
  int64_t max_length = 0;  ///< limit of the model, including the prompt; 0: unlimited
  std::mutex mutex;        ///< for what follows, and for on_token
  int64_t drawn = 0;
};

/// Draws one sample. In a step it draws a token, and one more after each guess that equals the token drawn before it.
///
/// The noise of a token depends on its position alone, and a guess is kept only where the token drawn from the model's
/// own logits equals it. So the tokens are the same with guesses and without.
class SampledText : public Policy {
 public:
  SampledText(SharedRequest& shared, Generated& result, const std::vector<int64_t>& prompt);

  bool complete() const { return result_.ending != Ending::kInterrupted; }

  void read(int64_t row, std::span<const float> logits) override;
  size_t read_block(std::span<const int64_t> guesses, std::span<const float> logits) override;
  bool wants_prompt() const override;
  void read_prompt(int64_t position, std::span<const float> logits) override;
  std::span<const int64_t> text() const override { return text_; }
  int64_t most_guesses() const override;
  void choose() override;
  /// After the last step: adds to the sample's text what was held back.
  void close();

 private:
  bool shifts() const;
  /// Draws the token after text_ and adds it; or sets the ending where there is none.
  void draw(std::span<const float> logits);
  void add(Draw draw, std::span<const float> logits);
  void add_text(DrawnToken& drawn);
  void end_if_full();
  std::vector<ScoredToken> alternatives(std::span<const float> logits) const;

  SharedRequest& shared_;
  Generated& result_;
  std::vector<int64_t> text_;      ///< the whole prompt and the tokens
  int64_t context_ = 0;            ///< first token of the text that the model sees
  std::vector<DrawnToken> drawn_;  ///< in the latest step
  TokenRules rules_;
  TokenBytes bytes_;
  std::optional<StopSequences> stops_;  ///< if the sample has a text
};

}  // namespace heed::decoding
