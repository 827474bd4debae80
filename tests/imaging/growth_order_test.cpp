// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/growth_order.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include <gtest/gtest.h>

namespace heed::imaging {
namespace {

bool sees(const Pixel& a, const Pixel& b, int64_t reach) {
  return std::max(std::abs(a.row - b.row), std::abs(a.column - b.column)) <= reach;
}

void expect_blind(const std::vector<Run>& runs, int64_t reach) {
  for (size_t i = 0; i < runs.size(); ++i) {
    for (size_t j = i + 1; j < runs.size(); ++j) {
      for (const Pixel& a : runs[i]) {
        for (const Pixel& b : runs[j])
          ASSERT_FALSE(sees(a, b, reach))
              << a.row << ", " << a.column << " and " << b.row << ", " << b.column;
      }
    }
  }
}

TEST(GrowthOrder, FillsEveryPixelOnceAndItsRunsCannotSeeEachOther) {
  for (const int64_t reach : {1, 2, 5}) {
    for (const auto& [height, width] : {std::pair<int64_t, int64_t>{1, 1},
                                        {2, 2},
                                        {3, 3},
                                        {1, 40},
                                        {40, 2},
                                        {31, 64},
                                        {65, 40},
                                        {50, 50}}) {
      const Seed seed{(height - 3) / 2, (width - 3) / 2, 3};
      std::map<std::pair<int64_t, int64_t>, int> filled;
      for (int64_t y = std::max<int64_t>(0, seed.row); y < std::min(height, seed.row + 3); ++y) {
        for (int64_t x = std::max<int64_t>(0, seed.column); x < std::min(width, seed.column + 3); ++x)
          ++filled[{y, x}];
      }
      for (int64_t number = 1; number <= std::max(height, width); ++number) {
        const Ring ring = growth_ring(seed, number, height, width, reach);
        expect_blind(ring.sides, reach);
        expect_blind(ring.corners, reach);
        for (const auto* runs : {&ring.sides, &ring.corners}) {
          EXPECT_LE(runs->size(), 4U);
          for (const auto& run : *runs) {
            for (const Pixel& pixel : run) {
              // It touches a filled pixel.
              bool touches = false;
              for (int64_t y = -1; y <= 1; ++y) {
                for (int64_t x = -1; x <= 1; ++x)
                  touches |= filled.count({pixel.row + y, pixel.column + x}) > 0;
              }
              EXPECT_TRUE(touches) << pixel.row << ", " << pixel.column;
            }
          }
          for (const auto& run : *runs) {
            for (const Pixel& pixel : run) {
              EXPECT_TRUE(pixel.row >= 0 && pixel.row < height && pixel.column >= 0 && pixel.column < width);
              ++filled[{pixel.row, pixel.column}];
            }
          }
        }
      }
      EXPECT_EQ(static_cast<int64_t>(filled.size()), height * width) << height << " x " << width;
      for (const auto& [pixel, times] : filled) EXPECT_EQ(times, 1) << pixel.first << ", " << pixel.second;
    }
  }
}

}  // namespace
}  // namespace heed::imaging
