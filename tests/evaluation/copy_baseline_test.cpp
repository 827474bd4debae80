// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/copy_baseline.h"

#include <vector>

#include <gtest/gtest.h>

#include <c10/util/Exception.h>

namespace heed::evaluation {
namespace {

TEST(CopyBaseline, CountsTokensEqualToTheStepBefore) {
  // Three steps of four voices: two voices move, then one.
  const std::vector<int64_t> grid{60, 55, 52, 48, 62, 55, 53, 48, 62, 55, 53, 50};
  const auto count = copy_baseline(grid, 4);
  EXPECT_EQ(count.tokens, 8);
  EXPECT_EQ(count.equal, 5);
  EXPECT_DOUBLE_EQ(count.share(), 5.0 / 8);
}

TEST(CopyBaseline, HeldNotesCopyWhollyAndAlternatingOnesNever) {
  EXPECT_EQ(copy_baseline(std::vector<int64_t>(40, 7), 4).share(), 1);
  EXPECT_EQ(copy_baseline(std::vector<int64_t>{1, 2, 1, 2, 1}, 1).equal, 0);
  EXPECT_EQ(copy_baseline(std::vector<int64_t>{1, 2, 1, 2, 1}, 2).share(), 1);
}

TEST(CopyBaseline, ShortPiecesCountNothing) {
  EXPECT_EQ(copy_baseline({}, 4).tokens, 0);
  EXPECT_EQ(copy_baseline(std::vector<int64_t>{1, 1, 1}, 4).tokens, 0);
  EXPECT_EQ(copy_baseline(std::vector<int64_t>{1, 1, 1, 1}, 4).share(), 0);
  EXPECT_THROW(copy_baseline({}, 0), c10::Error);
}

TEST(CopyBaseline, PiecesAddUp) {
  CopyCount total;
  total += {3, 4};
  total += {1, 4};
  EXPECT_DOUBLE_EQ(total.share(), 0.5);
}

}  // namespace
}  // namespace heed::evaluation
