// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/projection.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/data/sphere/sphere_points.h"

namespace heed::sphere {
namespace {
using ::testing::Each;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Point kSouthPole{0, 0, -1};

image::Image filled(int64_t height, int64_t width, uint8_t value, int64_t channels = 1) {
  return {height, width, channels,
          std::vector<uint8_t>(static_cast<size_t>(height * width * channels), value)};
}

/// Rows of different slopes: pixel (i, j) is (37 i + 11 j + 5 i j) mod 256.
image::Image slopes() {
  image::Image image = filled(5, 7, 0);
  for (size_t i = 0; i < 5; ++i)
    for (size_t j = 0; j < 7; ++j)
      image.pixels[7 * i + j] = static_cast<uint8_t>(37 * i + 11 * j + 5 * i * j);
  return image;
}

std::vector<uint8_t> of_points(const image::Image& image, Sampling sampling = Sampling::kS2cnn) {
  return project_image(image, driscoll_healy(3).points, kNoRotation, sampling);
}

// By an independent program in NumPy, for the rows of colatitude of the grid dh3:
//   h = z + 1; t = -h / (h - 2.001); r = (t x + x + 1.5) / 3 * 5; c = (t y + y + 1.5) / 3 * 7; i, j = r, c cut
//   f(column) = (i + 1 - r) image[i - 1, column] + (r - i + 1) image[i + 1, column], 0 beyond the image
//   s = (j + 1 - c) f(j - 1) + (c - j + 1) f(j + 1); uint8((s - min s) / (max s - min s) * 255)
TEST(Projection, EqualsAnIndependentProgramWithoutRotation) {
  EXPECT_THAT(of_points(slopes()),
              ElementsAreArray({196, 196, 196, 196, 196, 196, 0,   0,   0,   0,   0,   0,
                                0,   0,   0,   0,   0,   0,   6,   1,   31,  8,   12,  14,
                                65,  119, 186, 82,  88,  181, 100, 255, 194, 141, 143, 192}));
}

TEST(Projection, EqualsAnIndependentProgramWithRotation) {
  const auto made = project_image(slopes(), driscoll_healy(3).points, arvo_rotation({0.1, 0.35, 0.8}));
  EXPECT_THAT(made, ElementsAreArray({255, 255, 255, 255, 255, 255, 9, 150, 182, 234, 78, 15,
                                      0,   40,  122, 209, 90,  5,   0, 0,   68,  176, 37, 0,
                                      0,   0,   18,  129, 2,   0,   0, 0,   0,   6,   0,  0}));
}

// scipy.ndimage.map_coordinates of order 1 at r - 0.5, c - 0.5.
TEST(Projection, BilinearSamplingEqualsScipy) {
  EXPECT_THAT(of_points(slopes(), Sampling::kBilinear),
              ElementsAreArray({0, 0, 0, 0, 0, 0, 0,   0,   0,   0,  0,  0,   0,   0,   0,   0,  0,   0,
                                0, 0, 0, 0, 0, 0, 255, 177, 134, 39, 52, 136, 197, 199, 144, 97, 100, 145}));
}

/// Pearson's correlation.
double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n,
               mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a), bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return ab / std::sqrt(aa * bb);
}

TEST(Projection, AreaSamplingIsAMeanByAGaussianOfHalfTheSpacing) {
  image::Image lines = filled(28, 28, 0);  // one pixel wide, which points of a level 2 miss or meet
  for (size_t i = 0; i < lines.pixels.size(); ++i) lines.pixels[i] = i % 28 % 4 == 1 ? 255 : 0;
  const auto points = icosahedron(2).points, many = icosahedron(6).points;
  const auto fine = project_image(lines, many, kNoRotation, Sampling::kBilinear);
  const double deviation = 0.5 * std::sqrt(4 * std::numbers::pi / static_cast<double>(points.size()));
  std::vector<double> mean;
  for (const Point& point : points) {
    double sum = 0, weights = 0;
    for (size_t i = 0; i < many.size(); ++i) {
      const double angle = angle_between(point, many[i]) / deviation;
      if (angle > 2.3) continue;
      sum += std::exp(-angle * angle / 2) * fine[i], weights += std::exp(-angle * angle / 2);
    }
    mean.push_back(sum / weights);
  }
  const auto compared = [&](Sampling sampling) {
    const auto made = project_image(lines, points, kNoRotation, sampling);
    return correlation({made.begin(), made.end()}, mean);
  };
  EXPECT_GT(compared(Sampling::kArea), 0.98);
  EXPECT_LT(compared(Sampling::kBilinear), 0.9);
}

TEST(Projection, ABlankImageGivesZeros) {
  for (const Sampling sampling : {Sampling::kS2cnn, Sampling::kBilinear, Sampling::kArea})
    EXPECT_THAT(of_points(filled(28, 28, 0), sampling), Each(0));
}

TEST(Projection, AConstantImageCoversASquareAroundTheSouthPole) {
  const auto points = icosahedron(4).points;
  const auto made = project_image(filled(28, 28, 7), points, kNoRotation, Sampling::kBilinear);
  for (size_t i = 0; i < points.size(); ++i) {
    const double from_pole = 90 + lon_lat(points[i]).lat;
    if (from_pole < 70) {
      EXPECT_EQ(made[i], 255);
    } else if (from_pole > 96) {
      EXPECT_EQ(made[i], 0);
    }
  }
}

TEST(Projection, ABlockAtTheCentreLandsAtTheSouthPole) {
  const auto points = icosahedron(3).points;
  image::Image image = filled(28, 28, 0);
  for (const size_t i : {13, 14})
    for (const size_t j : {13, 14}) image.pixels[28 * i + j] = 255;
  const auto made = project_image(image, points, kNoRotation, Sampling::kBilinear);
  for (size_t i = 0; i < points.size(); ++i) {
    const double angle = angle_between(points[i], kSouthPole);
    if (angle > 0.25) {
      EXPECT_EQ(made[i], 0);
    } else if (angle < 0.05) {
      EXPECT_GT(made[i], 150);
    }
  }
  const std::vector<Point> two{kSouthPole, {1, 0, 0}};
  EXPECT_EQ(project_image(image, two, kNoRotation, Sampling::kBilinear)[0], 255);
}

TEST(Projection, ASinglePixelAtTheCentreLandsAtTheSouthPole) {
  image::Image image = filled(29, 29, 0);
  image.pixels[29 * 14 + 14] = 200;
  const auto points = icosahedron(3).points;
  const auto made = project_image(image, points, kNoRotation, Sampling::kBilinear);
  for (size_t i = 0; i < points.size(); ++i)
    EXPECT_TRUE(made[i] == 0 || angle_between(points[i], kSouthPole) < 0.2);
  EXPECT_THAT(
      project_image(image, std::vector<Point>{kSouthPole, {1, 0, 0}}, kNoRotation, Sampling::kBilinear),
      ElementsAreArray({255, 0}));
}

/// At the pole of 28 x 28 pixels s2cnn reads (13 or 15, 13 or 15), and not the pixel 14 in which the pole lies.
TEST(Projection, S2cnnReadsThePixelsDiagonallyNextToAPixel) {
  const std::vector<Point> points{kSouthPole, {1, 0, 0}};
  image::Image image = filled(28, 28, 0);
  image.pixels[28 * 14 + 14] = 255;
  EXPECT_THAT(project_image(image, points), Each(0));
  image.pixels[28 * 15 + 13] = 255;
  EXPECT_THAT(project_image(image, points), ElementsAreArray({255, 0}));
}

TEST(Projection, S2cnnShowsTheCentreAtTheOppositePoleToo) {
  const std::vector<Point> poles{{0, 0, 1}, kSouthPole, {1, 0, 0}};
  EXPECT_THAT(project_image(filled(4, 4, 9), poles), ElementsAreArray({255, 255, 0}));
  EXPECT_THAT(project_image(filled(4, 4, 9), poles, kNoRotation, Sampling::kBilinear),
              ElementsAreArray({0, 255, 0}));
}

TEST(Projection, RotatingTheGridMovesTheImageTheOtherWay) {
  const auto points = icosahedron(2).points;
  const Rotation rotation = random_rotation(9, 2);
  EXPECT_EQ(project_image(slopes(), points, rotation), project_image(slopes(), rotated(rotation, points)));
}

TEST(Projection, ChannelsShareOneScale) {
  image::Image image = filled(6, 6, 0, 2);
  for (size_t i = 0; i < image.pixels.size(); i += 2) {
    image.pixels[i] = 200;
    image.pixels[i + 1] = 50;
  }
  const auto made =
      project_image(image, std::vector<Point>{kSouthPole, {0, 0.6, 0.8}}, kNoRotation, Sampling::kBilinear);
  EXPECT_THAT(made, ElementsAreArray({255, 63, 0, 0}));
}

TEST(Projection, OddSizesWork) {
  EXPECT_THAT(project_image(filled(1, 1, 3), icosahedron(1).points), SizeIs(42));
  EXPECT_THAT(project_image(filled(3, 1000, 3), std::vector<Point>{kSouthPole}), ElementsAreArray({0}));
  EXPECT_THAT(project_image(filled(3, 3, 3), {}), IsEmpty());
}

}  // namespace
}  // namespace heed::sphere
