// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/merge_table.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heed::text {
namespace {

using ::testing::ElementsAre;
using Merge = ByteLevelModel::Merge;

std::vector<int32_t> merged(const MergeTable& table, std::vector<int32_t> tokens) {
  table.apply(tokens);
  return tokens;
}

TEST(MergeTable, MergesByRankThenFromTheLeft) {
  const MergeTable table(std::vector<Merge>{{1, 2, 10}, {0, 1, 11}, {0, 0, 12}});
  EXPECT_THAT(merged(table, {0, 1, 2}), ElementsAre(0, 10)) << "the rank counts, not the place";
  EXPECT_THAT(merged(table, {0, 0, 0}), ElementsAre(12, 0));
  EXPECT_THAT(merged(table, {}), ElementsAre());
  EXPECT_THAT(merged(table, {2}), ElementsAre(2));
}

TEST(MergeTable, TellsRankAndResult) {
  const MergeTable table(std::vector<Merge>{{1, 2, 10}, {0, 1, 11}, {1, 2, 10}});
  EXPECT_EQ(table.find(0, 1).rank, 1U);
  EXPECT_EQ(table.find(0, 1).result, 11);
  EXPECT_EQ(table.find(1, 2).rank, 2U) << "the last of equal merges counts";
  EXPECT_EQ(table.find(1, 0).rank, MergeTable::kNone);
}

/// The definition, word by word.
std::vector<int32_t> plainly_merged(const std::vector<Merge>& merges, std::vector<int32_t> tokens) {
  for (;;) {
    size_t best = tokens.size(), best_rank = merges.size();
    for (size_t i = 0; i + 1 < tokens.size(); ++i)
      for (size_t rank = 0; rank < best_rank; ++rank)
        if (merges[rank].left == tokens[i] && merges[rank].right == tokens[i + 1]) best = i, best_rank = rank;
    if (best == tokens.size()) return tokens;
    tokens[best] = merges[best_rank].result;
    tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

// Around 64 tokens, where the scan gives way to the heap, and beyond.
TEST(MergeTable, EqualsTheDefinitionAtEveryLength) {
  std::mt19937 random(11);
  for (int round = 0; round < 400; ++round) {
    const int letters = 1 + static_cast<int>(random() % 4);
    std::vector<Merge> merges;
    for (int32_t result = letters; result < letters + 20; ++result)
      merges.push_back(
          {static_cast<int32_t>(random() % result), static_cast<int32_t>(random() % result), result});
    std::shuffle(merges.begin(), merges.end(), random);
    for (size_t i = 0; i < merges.size(); ++i)
      for (size_t j = merges.size() - 1; j > i; --j)
        if (merges[i].left == merges[j].left && merges[i].right == merges[j].right)
          merges.erase(merges.begin() + static_cast<std::ptrdiff_t>(j));
    const MergeTable table(merges);
    std::vector<int32_t> tokens(random() % 140);
    for (int32_t& token : tokens) token = static_cast<int32_t>(random() % letters);
    EXPECT_EQ(merged(table, tokens), plainly_merged(merges, tokens)) << "round " << round;
  }
}

}  // namespace
}  // namespace heed::text
