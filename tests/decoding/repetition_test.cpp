// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/repetition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heed::decoding {
namespace {

using Tokens = std::vector<int64_t>;

Tokens repeating(const Tokens& tokens, int64_t ngram) {
  Tokens forbidden;
  append_repeating_tokens(tokens, ngram, forbidden);
  return forbidden;
}

/// Makes `length` tokens that repeat with the period.
Tokens loop(int64_t period, int64_t length) {
  Tokens tokens;
  for (int64_t i = 0; i < length; ++i) tokens.push_back(100 + i % period);
  return tokens;
}

TEST(Repetition, ForbidsWhatFollowedTheSameTokensBefore) {
  const Tokens tokens{1, 2, 3, 1, 2, 4, 1, 2};
  EXPECT_THAT(repeating(tokens, 3), ::testing::UnorderedElementsAre(3, 4));
  EXPECT_THAT(repeating(tokens, 2), ::testing::UnorderedElementsAre(3, 4));
  EXPECT_THAT(repeating(tokens, 4), ::testing::IsEmpty());
  EXPECT_THAT(repeating({1, 1}, 2), ::testing::ElementsAre(1));
  EXPECT_THAT(repeating({5, 6}, 1), ::testing::UnorderedElementsAre(5, 6));
}

TEST(Repetition, ForbidsNothingWhenOffOrTooShort) {
  EXPECT_TRUE(repeating({1, 1, 1}, 0).empty());
  EXPECT_TRUE(repeating({}, 1).empty());
  EXPECT_TRUE(repeating({1, 2}, 3).empty());
  EXPECT_TRUE(repeating({1, 2}, 9).empty());
}

TEST(Repetition, LoopOfOneToEightTokensIsFoundOnceItCoversEnough) {
  for (int64_t period = 1; period <= 8; ++period) {
    EXPECT_FALSE(ends_in_loop(loop(period, 23), 24)) << period;
    EXPECT_TRUE(ends_in_loop(loop(period, 24), 24)) << period;
    Tokens late{1, 2, 3};
    for (const int64_t token : loop(period, 24)) late.push_back(token);
    EXPECT_TRUE(ends_in_loop(late, 24)) << period;
    late.push_back(1);
    EXPECT_FALSE(ends_in_loop(late, 24)) << period;
  }
  EXPECT_FALSE(ends_in_loop(loop(9, 200), 24));
}

TEST(Repetition, LoopNeedsThreeCopiesHoweverFewTokensAreAskedFor) {
  EXPECT_FALSE(ends_in_loop(loop(4, 11), 1));
  EXPECT_TRUE(ends_in_loop(loop(4, 12), 1));
  EXPECT_FALSE(ends_in_loop({}, 1));
}

}  // namespace
}  // namespace heed::decoding
