// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/point_weights.h"

#include <algorithm>
#include <numbers>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/data/sphere/rotation.h"
#include "heed/data/sphere/sphere_points.h"

namespace heed::sphere {
namespace {
using ::testing::Each;

std::vector<Point> equirectangular(int rows, int columns) {
  std::vector<Point> points;
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column)
      points.push_back(point_at({360.0 * column / columns, 90 - 180.0 * (row + 0.5) / rows}));
  return points;
}

TEST(PointWeights, KnownPointsAreRecognisedDespiteRounding) {
  for (const char* name : {"ico0", "ico3", "healpix1", "healpix4", "dh1", "dh5"}) {
    SpherePoints known = sphere_points(name);
    for (Point& point : known.points)
      for (double& coordinate : point) coordinate = std::round(coordinate * 1e5) / 1e5;
    const Geometry found = recognised(known.points);
    EXPECT_EQ(found.name, name);
    EXPECT_EQ(found.weights, known.weights);
  }
}

TEST(PointWeights, OtherOrdersAndRotationsAreNotRecognised) {
  auto points = icosahedron(2).points;
  EXPECT_EQ(recognised(rotated(random_rotation(1, 1), points)).name, "points");
  std::swap(points[0], points[100]);
  EXPECT_EQ(recognised(points).name, "points");
}

/// A row's cells cover the sines of latitude between its borders exactly.
TEST(PointWeights, RowsOfAnEquirectangularGridCountByTheirAreas) {
  constexpr int kRows = 10, kColumns = 7;
  const Geometry found = recognised(equirectangular(kRows, kColumns));
  EXPECT_EQ(found.name, "grid");
  for (size_t row = 0; row < kRows; ++row) {
    const auto border = [](size_t i) { return std::cos(std::numbers::pi * static_cast<double>(i) / kRows); };
    for (size_t column = 0; column < kColumns; ++column)
      EXPECT_NEAR(found.weights[row * kColumns + column], (border(row) - border(row + 1)) / 2 / kColumns,
                  1e-14);
  }
  EXPECT_NEAR(std::accumulate(found.weights.begin(), found.weights.end(), 0.0), 1, 1e-14);
}

TEST(PointWeights, AnyOtherPointsCountTheSame) {
  const std::vector<Point> four{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0.6, 0.8, 0}};
  EXPECT_EQ(recognised(four).name, "points");
  EXPECT_THAT(recognised(four).weights, Each(0.25));
  EXPECT_THAT(recognised(std::vector<Point>{{0, 0, 1}}).weights, Each(1.0));
  // One circle is no grid.
  EXPECT_EQ(recognised(equirectangular(1, 9)).name, "points");
}

}  // namespace
}  // namespace heed::sphere
