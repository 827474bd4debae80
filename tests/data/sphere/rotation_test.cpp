// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/rotation.h"

#include <algorithm>
#include <numbers>

#include <gtest/gtest.h>

#include "heed/data/sphere/sphere_points.h"

namespace heed::sphere {
namespace {

double determinant(const Rotation& rotation) {
  return dot(rotation[0], cross(rotation[1], rotation[2]));
}

/// The largest distance between the shares of sorted values in [0, 1] and those of a uniform distribution.
double kolmogorov_distance(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto count = static_cast<double>(values.size());
  double distance = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto rank = static_cast<double>(i);
    distance = std::max({distance, values[i] - rank / count, (rank + 1) / count - values[i]});
  }
  return distance;
}

TEST(Rotation, MatricesAreOrthonormalAndKeepOrientation) {
  for (uint64_t number = 0; number < 1000; ++number) {
    const Rotation rotation = random_rotation(3, number);
    for (size_t i = 0; i < 3; ++i)
      for (size_t j = 0; j < 3; ++j) EXPECT_NEAR(dot(rotation[i], rotation[j]), i == j ? 1 : 0, 1e-14);
    EXPECT_NEAR(determinant(rotation), 1, 1e-14);
  }
}

// The matrix that s2cnn's gendata.py makes of 0.1, 0.35 and 0.8, by NumPy.
TEST(Rotation, ThreeNumbersGiveTheMatrixOfS2cnn) {
  const Rotation expected{{{4.85410197e-01, -5.87785252e-01, 6.47213595e-01},
                           {-3.52671151e-01, -8.09016994e-01, -4.70228202e-01},
                           {0.8, 0, -0.6}}};
  const Rotation made = arvo_rotation({0.1, 0.35, 0.8});
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 3; ++j) EXPECT_NEAR(made[i][j], expected[i][j], 1e-9);
}

/// 1.63 / sqrt(n) is exceeded by one in a hundred uniform samples; the seed is fixed.
TEST(Rotation, EachAxisLandsUniformlyOnTheSphere) {
  constexpr size_t kCount = 20'000;
  const double bound = 1.63 / std::sqrt(static_cast<double>(kCount));
  for (size_t axis = 0; axis < 3; ++axis) {
    Point mean{}, start{};
    start[axis] = 1;
    std::vector<double> heights, longitudes;
    for (uint64_t number = 0; number < kCount; ++number) {
      const Point moved = rotated(random_rotation(11, number), start);
      for (size_t i = 0; i < 3; ++i) mean[i] += moved[i] / kCount;
      heights.push_back((moved[2] + 1) / 2);
      longitudes.push_back(std::atan2(moved[1], moved[0]) / (2 * std::numbers::pi) + 0.5);
    }
    for (const double coordinate : mean) EXPECT_NEAR(coordinate, 0, 0.015);
    EXPECT_LT(kolmogorov_distance(heights), bound) << axis;
    EXPECT_LT(kolmogorov_distance(longitudes), bound) << axis;
  }
}

/// Of a uniform rotation, (angle - sin(angle)) / pi is uniform.
TEST(Rotation, AnglesOfRotationAreThoseOfUniformRotations) {
  constexpr size_t kCount = 20'000;
  std::vector<double> shares;
  for (uint64_t number = 0; number < kCount; ++number) {
    const Rotation rotation = random_rotation(5, number);
    const double angle =
        std::acos(std::clamp((rotation[0][0] + rotation[1][1] + rotation[2][2] - 1) / 2, -1.0, 1.0));
    shares.push_back((angle - std::sin(angle)) / std::numbers::pi);
  }
  EXPECT_LT(kolmogorov_distance(shares), 1.63 / std::sqrt(static_cast<double>(kCount)));
}

TEST(Rotation, DependsOnSeedAndNumberAlone) {
  const Rotation seventh = random_rotation(1, 7);
  random_rotation(1, 6);
  EXPECT_EQ(random_rotation(1, 7), seventh);
  EXPECT_NE(random_rotation(1, 8), seventh);
  EXPECT_NE(random_rotation(2, 7), seventh);
  EXPECT_NE(random_rotation(1, uint64_t{7} << 32), random_rotation(1, 7));
  EXPECT_NE(random_rotation(7, 1), random_rotation(1, 7));
}

TEST(Rotation, RotatedPointsKeepTheirAngles) {
  const auto points = icosahedron(1).points;
  const Rotation rotation = random_rotation(4, 0);
  const auto moved = rotated(rotation, points);
  ASSERT_EQ(moved.size(), points.size());
  EXPECT_EQ(moved[5], rotated(rotation, points[5]));
  for (size_t i = 1; i < points.size(); ++i)
    EXPECT_NEAR(angle_between(moved[0], moved[i]), angle_between(points[0], points[i]), 1e-14);
  EXPECT_EQ(rotated(kNoRotation, points), points);
}

}  // namespace
}  // namespace heed::sphere
