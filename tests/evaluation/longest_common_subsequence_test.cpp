// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/longest_common_subsequence.h"

#include <random>

#include <gtest/gtest.h>

namespace heed::evaluation {
namespace {

using Symbols = std::vector<uint32_t>;

// The longest over all subsets of the positions of `a`.
int64_t longest_by_trial(const Symbols& a, const Symbols& b) {
  int64_t longest = 0;
  for (uint32_t chosen = 0; chosen < (1u << a.size()); ++chosen) {
    size_t at = 0;
    int64_t length = 0;
    for (size_t i = 0; i < a.size() && at <= b.size(); ++i) {
      if ((chosen >> i & 1) == 0) continue;
      while (at < b.size() && b[at] != a[i]) ++at;
      length = at++ < b.size() ? length + 1 : -100;
    }
    longest = std::max(longest, length);
  }
  return longest;
}

TEST(LongestCommonSubsequence, IsTheLongestOfAllSubsequences) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    Symbols a(random() % 9), b(random() % 9);
    for (uint32_t& symbol : a) symbol = random() % 3;
    for (uint32_t& symbol : b) symbol = random() % 3;
    EXPECT_EQ(common_subsequence_length(a, b), longest_by_trial(a, b));
    EXPECT_EQ(common_subsequence_length(a, b), static_cast<int64_t>(common_subsequence(a, b).size()));
  }
}

TEST(LongestCommonSubsequence, PositionsAreOfTheFirstSequence) {
  EXPECT_EQ(common_subsequence(Symbols{7, 1, 8, 2, 9}, Symbols{1, 2, 3}), (std::vector<size_t>{1, 3}));
}

TEST(LongestCommonSubsequence, OfSeveralGivesUpTheLateSymbolsOfTheFirstSequence) {
  EXPECT_EQ(common_subsequence(Symbols{1, 2}, Symbols{2, 1}), (std::vector<size_t>{0}));
}

TEST(LongestCommonSubsequence, OfNothingIsEmpty) {
  EXPECT_EQ(common_subsequence_length({}, Symbols{1}), 0);
  EXPECT_EQ(common_subsequence_length(Symbols{1}, {}), 0);
  EXPECT_TRUE(common_subsequence({}, {}).empty());
}

}  // namespace
}  // namespace heed::evaluation
