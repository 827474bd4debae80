// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/nearest.h"

#include <algorithm>

#include "tests/core/expect_error.h"

#include "heed/data/sphere/rotation.h"
#include "heed/data/sphere/sphere_points.h"

namespace heed::sphere {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<int32_t> by_brute_force(const std::vector<Point>& points, size_t k) {
  std::vector<int32_t> numbers;
  for (size_t i = 0; i < points.size(); ++i) {
    std::vector<std::pair<double, int32_t>> others;
    for (size_t j = 0; j < points.size(); ++j) {
      const double x = points[i][0] - points[j][0], y = points[i][1] - points[j][1],
                   z = points[i][2] - points[j][2];
      if (j != i) others.emplace_back(x * x + y * y + z * z, static_cast<int32_t>(j));
    }
    std::sort(others.begin(), others.end());
    for (size_t j = 0; j < k; ++j) numbers.push_back(others[j].second);
  }
  return numbers;
}

std::vector<Point> random_points(size_t count, uint64_t seed) {
  std::vector<Point> points;
  for (size_t i = 0; i < count; ++i) points.push_back(rotated(random_rotation(seed, i), Point{0, 0, 1}));
  return points;
}

TEST(Nearest, EqualsBruteForceOnGridsAndRandomPoints) {
  for (const char* name : {"ico0", "ico2", "ico3", "healpix5", "dh6"}) {
    const auto points = sphere_points(name).points;
    for (const size_t k : {1, 6, 11})
      EXPECT_EQ(nearest(points, static_cast<int64_t>(k)), by_brute_force(points, k)) << name << ", " << k;
  }
  for (const size_t count : {2, 3, 17, 500}) {
    const auto points = random_points(count, 7);
    for (const size_t k : {size_t{1}, count / 2, count - 1})
      EXPECT_EQ(nearest(points, static_cast<int64_t>(k)), by_brute_force(points, k)) << count << ", " << k;
  }
}

TEST(Nearest, EqualPointsStandInTheOrderOfTheirNumbers) {
  const std::vector<Point> points(5, Point{0, 1, 0});
  EXPECT_THAT(nearest(points, 2), ElementsAre(1, 2, 0, 2, 0, 1, 0, 1, 0, 1));
  const std::vector<Point> cross{{1, 0, 0}, {0, 1, 0}, {-1, 0, 0}, {0, -1, 0}, {0, 0, 1}};
  EXPECT_THAT(std::vector<int32_t>(nearest(cross, 3)).front(), 1);
  EXPECT_EQ(nearest(cross, 4), by_brute_force(cross, 4));
}

TEST(Nearest, AnIcosahedronHasFiveNeighboursAtOneAngle) {
  const auto points = icosahedron(0).points;
  const auto numbers = nearest(points, 5);
  for (size_t i = 0; i < numbers.size(); ++i)
    EXPECT_NEAR(dot(points[i / 5], points[static_cast<size_t>(numbers[i])]), 1 / std::sqrt(5.0), 1e-14);
}

TEST(Nearest, TenThousandPointsHaveTheirNeighboursWithinTwoEdges) {
  const auto points = icosahedron(5).points;
  const auto numbers = nearest(points, 10);
  ASSERT_EQ(numbers.size(), 10 * points.size());
  for (size_t i = 0; i < numbers.size(); ++i)
    ASSERT_LT(angle_between(points[i / 10], points[static_cast<size_t>(numbers[i])]), 0.085) << i;
}

TEST(Nearest, OnePointHasNoNeighbours) {
  EXPECT_THAT(nearest(std::vector<Point>{{1, 0, 0}}, 0), IsEmpty());
  EXPECT_THAT(nearest({}, 0), IsEmpty());
}

TEST(Nearest, MoreNeighboursThanThereAreIsAnError) {
  const auto points = icosahedron(0).points;
  EXPECT_EQ(error_of(ErrorKind::kConfig, [&] { nearest(points, 12); }),
            "a point has 11 others, but the 12 nearest were asked for");
  EXPECT_EQ(error_of(ErrorKind::kConfig, [&] { nearest(points, -1); }),
            "a point has 11 others, but the -1 nearest were asked for");
}

}  // namespace
}  // namespace heed::sphere
