// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/complexity.h"

#include <map>
#include <tuple>

#include <gtest/gtest.h>

namespace heed::bench {
namespace {

TEST(Complexity, FormulasGiveTheFiguresOfTheTable) {
  const LayerShape shape{.length = 1000, .width = 1000, .kernel = 3};
  EXPECT_EQ(mixing_operations(MixingLayer::kSelfAttention, shape), 4e9);
  EXPECT_EQ(mixing_operations(MixingLayer::kRecurrent, shape), 16e9);
  EXPECT_EQ(mixing_operations(MixingLayer::kConvolution, shape), 6e9);
  EXPECT_EQ(projection_operations(MixingLayer::kSelfAttention, shape), 8e9);
  EXPECT_EQ(projection_operations(MixingLayer::kRecurrent, shape), 0);
}

TEST(Complexity, CrossingLengthsAreWhereTheFormulasAgree) {
  LayerShape shape{.length = 1, .width = 512, .kernel = 3};
  for (const MixingLayer rival :
       {MixingLayer::kRecurrent, MixingLayer::kConvolution, MixingLayer::kLocalAttention}) {
    const double length = crossing_length(MixingLayer::kSelfAttention, rival, shape, false);
    shape.length = static_cast<int64_t>(length + 0.5);
    EXPECT_NEAR(mixing_operations(MixingLayer::kSelfAttention, shape) / mixing_operations(rival, shape), 1,
                0.01);
  }
  EXPECT_NEAR(crossing_length(MixingLayer::kSelfAttention, MixingLayer::kRecurrent, shape, false), 4 * 512,
              1e-6);
  EXPECT_NEAR(crossing_length(MixingLayer::kSelfAttention, MixingLayer::kRecurrent, shape, true), 2 * 512,
              1e-6);
  EXPECT_EQ(crossing_length(MixingLayer::kSelfAttention, MixingLayer::kConvolution, shape, true), 0);
}

TEST(Complexity, EveryLayerIsMeasuredAtEveryShape) {
  ComplexityOptions options;
  options.lengths = {7, 130};
  options.widths = {24, 30};
  options.repeats = 1;
  const auto rows = measure_complexity(options);
  ASSERT_EQ(rows.size(), 16u);
  std::map<std::tuple<MixingLayer, int64_t, int64_t>, double> times;
  for (const auto& row : rows) {
    times[{row.layer, row.shape.length, row.shape.width}] = row.mixing.median;
    EXPECT_EQ(row.steps, row.layer == MixingLayer::kRecurrent ? row.shape.length : 1);
  }
  EXPECT_EQ(times.size(), 16u) << "a layer at a shape was measured twice";
  for (const int64_t width : options.widths) {
    const double few = times[{MixingLayer::kRecurrent, 7, width}];
    EXPECT_GT((times[{MixingLayer::kRecurrent, 130, width}]), 2 * few) << "130 steps take longer than 7";
  }
}

}  // namespace
}  // namespace heed::bench
