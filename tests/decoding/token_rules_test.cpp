// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/token_rules.h"

#include <limits>

#include <gtest/gtest.h>

#include <c10/util/Exception.h>

namespace heed::decoding {
namespace {

constexpr float kForbidden = -std::numeric_limits<float>::infinity();

std::vector<float> restricted(TokenRules& rules, const std::vector<int64_t>& tokens,
                              std::vector<float> logits) {
  for (const int64_t token : tokens) rules.accept(token);
  rules.restrict_logits(logits);
  return logits;
}

TEST(TokenRules, AreIdleUnlessOneCanChangeALogit) {
  EXPECT_TRUE(TokenRules({}, 1, {}, nullptr).idle());
  EXPECT_TRUE(TokenRules({}, 1, {.token = 2}, nullptr).idle());
  EXPECT_TRUE(TokenRules({}, 1, {.token = {}, .min_new_tokens = 3}, nullptr).idle()) << "nothing to forbid";
  EXPECT_FALSE(TokenRules({}, 1, {.token = 2, .min_new_tokens = 3}, nullptr).idle());
  EXPECT_FALSE(TokenRules({.repetition = 1.1}, 1, {}, nullptr).idle());
  EXPECT_FALSE(TokenRules({.no_repeat_ngram = 2}, 1, {}, nullptr).idle());
}

TEST(TokenRules, TheEndTokenIsForbiddenUntilEnoughTokensAreDrawnWhateverThePromptHas) {
  TokenRules rules({}, 2, {.token = 1, .min_new_tokens = 2}, nullptr);
  const std::vector<float> logits{1, 2, 3};
  EXPECT_EQ(restricted(rules, {1, 1}, logits), (std::vector<float>{1, kForbidden, 3}));
  EXPECT_EQ(restricted(rules, {0}, logits), (std::vector<float>{1, kForbidden, 3}));
  EXPECT_EQ(restricted(rules, {0}, logits), logits);
}

/// Forbids the token with the largest logit that it sees.
class NotTheBest : public Constraint {
 public:
  void accept(int64_t) override {}
  void restrict_logits(std::span<float> logits) override {
    *std::max_element(logits.begin(), logits.end()) = kForbidden;
  }
};

TEST(TokenRules, TheOwnConstraintSeesWhatTheOthersLeave) {
  TokenRules rules({.presence = 3}, 1, {.token = 3, .min_new_tokens = 9}, std::make_unique<NotTheBest>());
  EXPECT_EQ(restricted(rules, {0, 2}, {0, 2, 4, 9}), (std::vector<float>{0, kForbidden, 1, kForbidden}));
}

TEST(TokenRules, NoNgramOfPromptAndOutputRepeats) {
  TokenRules rules({.no_repeat_ngram = 3}, 4, {}, nullptr);
  EXPECT_EQ(restricted(rules, {0, 1, 2, 0}, {5, 5, 5}), (std::vector<float>{5, 5, 5}));
  EXPECT_EQ(restricted(rules, {1}, {5, 5, 5}), (std::vector<float>{5, 5, kForbidden})) << "0 1 2 was there";
}

TEST(TokenRules, PenaltiesComeBeforeWhatIsForbidden) {
  TokenRules rules({.repetition = 2, .frequency = -9, .no_repeat_ngram = 1}, 0, {}, nullptr);
  EXPECT_EQ(restricted(rules, {1, 1}, {4, 4, -4}), (std::vector<float>{4, kForbidden, -4}));
}

TEST(TokenRules, RefuseNegativeNumbers) {
  EXPECT_THROW(TokenRules({}, 0, {.token = 1, .min_new_tokens = -1}, nullptr), c10::Error);
  EXPECT_THROW(TokenRules({.no_repeat_ngram = -1}, 0, {}, nullptr), c10::Error);
}

}  // namespace
}  // namespace heed::decoding
