// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "heed/decoding/proposer.h"

namespace heed::decoding {

/// Looks up the end of a text in the text before it: finds its longest n-gram, of min_match to 16 tokens, that occurs
/// earlier, and returns the tokens that followed there, up to `most`; among equally long ones the latest. Empty if there
/// is none. Saxena 2023, prompt lookup decoding, https://github.com/apoorvumang/prompt-lookup-decoding. It pays where the
/// output copies its prompt or itself: summaries, answers, edits. O(tokens) for each call.
std::vector<int64_t> look_up(std::span<const int64_t> text, int64_t min_match, int64_t most);

/// Guesses by look_up().
class PromptLookup : public Proposer {
 public:
  /// Throws c10::Error for numbers below 1.
  PromptLookup(int64_t guesses, int64_t min_match);
  std::vector<std::vector<int64_t>> propose(const std::vector<OpenText>& texts) override;
  int64_t most_guesses() const override { return guesses_; }

 private:
  int64_t guesses_, min_match_;
};

}  // namespace heed::decoding
