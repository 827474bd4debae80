// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/beat_map.h"

#include <gmock/gmock.h>

namespace heed::music {
namespace {

using ::testing::DoubleNear;
using ::testing::Pointwise;

/// A pick-up of a quarter, then 4/4, then 3/4; 120 quarters a minute, from tick 960 on 60.
BeatMap varied() {
  return {480,
          {{.tick = 0, .quarter_microseconds = 500'000}, {.tick = 960, .quarter_microseconds = 1'000'000}},
          {{.tick = 0, .numerator = 1, .denominator = 4},
           {.tick = 480, .numerator = 4, .denominator = 4},
           {.tick = 4320, .numerator = 3, .denominator = 4}}};
}

TEST(BeatMap, TicksAndSecondsAreInverseThroughTempoChanges) {
  const BeatMap beats = varied();
  EXPECT_DOUBLE_EQ(beats.seconds(960), 1);
  EXPECT_DOUBLE_EQ(beats.seconds(1440), 2);
  for (const int64_t tick : {0, 1, 479, 959, 960, 961, 5000, 1'000'000})
    EXPECT_EQ(beats.ticks(beats.seconds(static_cast<double>(tick))), tick);
  const BeatMap none(96, {}, {});
  EXPECT_EQ(none.ticks(1), 192);
  const BeatMap late(480, {{.tick = 480, .quarter_microseconds = 250'000}}, {});
  EXPECT_EQ(late.ticks(0.25), 240);
  EXPECT_EQ(late.ticks(0.75), 960);
}

TEST(BeatMap, APickUpIsABarOfItsOwn) {
  const BeatMap beats = varied();
  EXPECT_THAT(beats.bar_lines(12), Pointwise(DoubleNear(1e-9), {0.0, 0.5, 4.0, 8.0, 11.0}));
  EXPECT_EQ(beats.bar_start(0), 0);
  EXPECT_EQ(beats.bar_start(479), 0);
  EXPECT_EQ(beats.bar_start(480), 480);
  EXPECT_EQ(beats.bar_start(2399), 480);
  EXPECT_EQ(beats.bar_start(2400), 2400);
  EXPECT_EQ(beats.bar_start(4320 + 1440 + 5), 4320 + 1440);
  EXPECT_TRUE(beats.bar_lines(0).empty());
  EXPECT_EQ(BeatMap(480, {}, {}).bar_lines(4.1).size(), 3U) << "4/4 without a time signature";
}

TEST(BeatMap, UntilKeepsTheLastTempoAndMetreAndFromBeginsWithThem) {
  const BeatMap until = varied().until(960);
  ASSERT_EQ(until.tempos().size(), 1U);
  EXPECT_EQ(until.signatures().size(), 2U);
  EXPECT_DOUBLE_EQ(until.seconds(1440), 1.5);
  const BeatMap from = varied().from(2400);
  ASSERT_EQ(from.tempos().size(), 1U);
  EXPECT_EQ(from.tempos()[0].tick, 0);
  EXPECT_EQ(from.tempos()[0].quarter_microseconds, 1'000'000U);
  ASSERT_EQ(from.signatures().size(), 2U);
  EXPECT_EQ(from.signatures()[0].numerator, 4);
  EXPECT_EQ(from.signatures()[1].tick, 1920);
}

TEST(BeatMap, FinerTicksKeepTheBeats) {
  const BeatMap beats = varied(), finer = beats.finer(3);
  EXPECT_EQ(finer.ticks_per_quarter(), 1440);
  for (const double seconds : {0.0, 0.7, 1.0, 3.3})
    EXPECT_NEAR(finer.ticks(seconds), 3 * beats.ticks(seconds), 1);
  EXPECT_EQ(finer.bar_lines(12), beats.bar_lines(12));
}

TEST(BeatMap, BarsOfAlmostNoTimeAreCut) {
  const BeatMap fast(1, {{.tick = 0, .quarter_microseconds = 1}},
                     {{.tick = 0, .numerator = 1, .denominator = 256}});
  EXPECT_EQ(fast.bar_lines(10).size(), 100'000U);
}

}  // namespace
}  // namespace heed::music
