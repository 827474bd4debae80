// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/axis.h"

#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heed::rendering {
namespace {

using testing::ElementsAre;

TEST(LinearTicks, AreRoundNumbersWithTheDecimalsTheyNeed) {
  EXPECT_THAT(linear_ticks(0, 1, 6).labels, ElementsAre("0.0", "0.2", "0.4", "0.6", "0.8", "1.0"));
  EXPECT_THAT(linear_ticks(-3, 11, 4).labels, ElementsAre("0", "5", "10"));
  EXPECT_THAT(linear_ticks(0, 45000, 3).labels, ElementsAre("0", "20,000", "40,000"));
}

TEST(LinearTicks, StayInsideAndUnderTheLimitForAnyRange) {
  std::mt19937 random(20240301);
  std::uniform_real_distribution<double> exponent(-8, 8), share(-1, 1);
  for (int trial = 0; trial < 2000; ++trial) {
    const double low = share(random) * std::pow(10, exponent(random)), span = std::pow(10, exponent(random));
    const int most = 2 + trial % 12;
    const Ticks ticks = linear_ticks(low, low + span, most);
    ASSERT_LE(ticks.values.size(), static_cast<size_t>(most)) << low << " " << span;
    ASSERT_EQ(ticks.values.size(), ticks.labels.size());
    for (const double value : ticks.values) {
      ASSERT_GE(value, low - 1e-6 * span);
      ASSERT_LE(value, low + span * (1 + 1e-6));
    }
  }
}

TEST(LinearTicks, EmptyOrEndlessRangesHaveNone) {
  EXPECT_TRUE(linear_ticks(2, 2, 5).values.empty());
  EXPECT_TRUE(linear_ticks(3, 2, 5).values.empty());
  EXPECT_TRUE(linear_ticks(0, INFINITY, 5).values.empty());
  EXPECT_TRUE(linear_ticks(std::nan(""), 2, 5).values.empty());
}

TEST(LogTicks, AreOneTwoFiveThenPowersWhenCrowded) {
  EXPECT_THAT(log_ticks(1, 100, 10).labels, ElementsAre("1", "2", "5", "10", "20", "50", "100"));
  EXPECT_THAT(log_ticks(0.1, 10000, 7).labels, ElementsAre("0.1", "1", "10", "100", "1000", "10,000"));
  EXPECT_THAT(log_ticks(1, 1e6, 4).values, ElementsAre(1, 100, 1e4, 1e6));
}

TEST(LogTicks, NarrowRangesFallBackOnLinearOnes) {
  EXPECT_GE(log_ticks(1.1, 1.9, 8).values.size(), 4U);
}

TEST(TimeTicks, CountAsPeopleDo) {
  EXPECT_THAT(time_ticks(0, 60, 5, false).labels, ElementsAre("0", "15", "30", "45", "60"));
  EXPECT_THAT(time_ticks(60, 180, 5, true).labels, ElementsAre("1:00", "1:30", "2:00", "2:30", "3:00"));
  EXPECT_LE(time_ticks(0, 1e7, 6, true).values.size(), 6U);
}

}  // namespace
}  // namespace heed::rendering
