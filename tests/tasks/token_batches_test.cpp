// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/token_batches.h"

#include <map>
#include <numeric>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heed::tasks {
namespace {
using ::testing::ElementsAre;

/// Piece p has the tokens 100 p, 100 p + 1, ...
Tokens piece(size_t number, int64_t targets) {
  Tokens tokens(static_cast<size_t>(targets) + 1);
  std::iota(tokens.begin(), tokens.end(), static_cast<int32_t>(100 * number));
  return tokens;
}

TokenBatches batches_of(const std::vector<int64_t>& targets, const TokenBatchOptions& options) {
  const auto make = [targets](size_t number, std::mt19937_64&) { return piece(number, targets[number]); };
  return {targets, make, options, /*seed=*/3};
}

TEST(EpochOrder, VisitsEachExampleOnceAnEpochAndEpochsDiffer) {
  EpochOrder order(20, 1);
  std::vector<std::vector<size_t>> epochs(3);
  for (int64_t i = 0; i < 60; ++i) epochs[static_cast<size_t>(i / 20)].push_back(order.at(i));
  for (const auto& epoch : epochs) EXPECT_EQ(std::set<size_t>(epoch.begin(), epoch.end()).size(), 20u);
  EXPECT_NE(epochs[0], epochs[1]);
  EXPECT_EQ(order.at(7), epochs[0][7]) << "whatever was asked before";
}

TEST(TokenBatches, EachTargetFollowsItsToken) {
  auto batches = batches_of({7, 40, 3}, {.crop = 8, .batch_size = 4, .packing = true});
  for (int64_t index = 0; index < 10; ++index) {
    const TokenBatch batch = batches.batch(index);
    const at::Tensor learned = batch.targets != TokenBatch::kIgnore;
    const at::Tensor step = (batch.targets - batch.input.tokens).masked_select(learned);
    EXPECT_TRUE(step.eq(1).all().item<bool>());
    const at::Tensor place = batch.input.tokens.remainder(100) - *batch.input.positions;
    EXPECT_TRUE(place.masked_select(learned).eq(0).all().item<bool>());
  }
}

TEST(TokenBatches, AnEpochHoldsAnExampleForEachCropOfAPiece) {
  auto batches = batches_of({16, 17, 1}, {.crop = 8, .batch_size = 2});
  EXPECT_EQ(batches.batches_per_epoch(), 3) << "2, 3 and 1 examples";
  std::map<int64_t, int> seen;
  for (int64_t index = 0; index < 3; ++index) {
    const at::Tensor numbers = batches.batch(index).input.tokens.select(1, 0).div(100, "floor");
    for (int64_t row = 0; row < 2; ++row) ++seen[numbers[row].item<int64_t>()];
  }
  EXPECT_THAT(seen, ElementsAre(std::pair(0, 2), std::pair(1, 3), std::pair(2, 1)));
}

TEST(TokenBatches, CropsBeginAtWholePeriods) {
  auto batches = batches_of({50}, {.crop = 8, .batch_size = 4, .period = 4});
  for (int64_t index = 0; index < 20; ++index) {
    const at::Tensor starts = batches.batch(index).input.positions->select(1, 0);
    EXPECT_TRUE(starts.remainder(4).eq(0).all().item<bool>());
  }
}

TEST(TokenWindows, HoldEveryTargetOnce) {
  const auto windows = token_windows(piece(1, 10), 4);
  ASSERT_EQ(windows.size(), 3u);
  EXPECT_THAT(windows[2].tokens, ElementsAre(108, 109, 110));
  EXPECT_EQ(windows[2].position, 8);
  EXPECT_EQ(token_windows(piece(1, 10), 0).front().targets(), 10);
}

TEST(ValidationBatches, TakeWindowsFromEverywhereAndKeepTheirBudget) {
  std::vector<TokenCrop> windows;
  for (size_t i = 0; i < 40; ++i) windows.push_back({piece(i, 4 + static_cast<int64_t>(i % 3)), 0});
  int64_t targets = 0;
  std::set<int32_t> pieces;
  for (const auto& rows : validation_batches(windows, /*tokens=*/49, /*batch_tokens=*/21)) {
    EXPECT_LE(rows.size() * rows.back().front().tokens.size(), 21u);
    for (const auto& row : rows) {
      targets += row.front().targets();
      pieces.insert(row.front().tokens.front() / 100);
    }
  }
  EXPECT_EQ(targets, 49);
  EXPECT_THAT(pieces, ElementsAre(0, 4, 8, 12, 16, 20, 24, 28, 32, 36));
  EXPECT_EQ(validation_batches(windows, 0, 1).size(), 40u) << "0: all; a batch has one row at least";
}

}  // namespace
}  // namespace heed::tasks
