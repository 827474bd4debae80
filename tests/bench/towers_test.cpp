// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/towers.h"

#include <gtest/gtest.h>

namespace heed::bench {
namespace {

TEST(Towers, MeasuresEveryNumberOfTowers) {
  const TowersOptions options{
      .towers = {1, 4}, .width = 16, .nodes = 3, .graphs = 2, .types = 5, .repeats = 3};
  const auto rows = measure_towers(options);
  ASSERT_EQ(rows.size(), 2U);
  // [16, 5 * 16] matrices, two of [16, 48] for the gates, and 96 biases
  EXPECT_EQ(rows[0].parameters, 16 * 80 + 2 * 16 * 48 + 96);
  EXPECT_EQ(rows[1].parameters, (16 * 80 + 2 * 16 * 48) / 4 + 96 + 16 * 16 + 16) << "and the mixing layer";
  EXPECT_EQ(rows[0].operations, 2.0 * 16 * 16 * (5 + 6) * 6 * 3);
  EXPECT_GT(rows[1].both.median, 0);
}

}  // namespace
}  // namespace heed::bench
