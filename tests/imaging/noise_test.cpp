// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/noise.h"

#include <cmath>

#include "tests/imaging/pictures.h"
#include <gtest/gtest.h>

namespace heed::imaging {
namespace {

Planes grey(int64_t channels, int64_t height, int64_t width, float level) {
  Planes planes(channels, height, width);
  for (float& x : planes.pixels) x = level;
  return planes;
}

TEST(Noise, IsNormalAndAFunctionOfTheSeed) {
  Planes noise = grey(3, 200, 200, 0);
  add_noise(noise, 10, 4);
  double mean = 0, square = 0, fourth = 0, neighbours = 0;
  const auto count = static_cast<double>(noise.pixels.size());
  for (size_t i = 0; i < noise.pixels.size(); ++i) {
    const double x = noise.pixels[i] / 10;
    mean += x / count;
    square += x * x / count;
    fourth += x * x * x * x / count;
    if (i > 0) neighbours += x * noise.pixels[i - 1] / 10 / count;
  }
  // Within four standard deviations for 120,000 normal numbers.
  EXPECT_NEAR(mean, 0, 4 / std::sqrt(count));
  EXPECT_NEAR(square, 1, 4 * std::sqrt(2 / count));
  EXPECT_NEAR(fourth, 3, 4 * std::sqrt(96 / count));
  EXPECT_NEAR(neighbours, 0, 4 / std::sqrt(count));

  Planes again = grey(3, 200, 200, 0), other = again;
  add_noise(again, 10, 4);
  add_noise(other, 10, 5);
  EXPECT_EQ(again.pixels, noise.pixels);
  EXPECT_NE(other.pixels, noise.pixels);
}

TEST(Noise, IsEstimatedWithinATwentiethOnSmoothPictures) {
  for (const double sigma : {2.0, 10.0, 40.0}) {
    for (const int64_t channels : {1, 3}) {
      Planes picture = grey(channels, 120, 130, 128);
      for (int64_t y = 0; y < 120; ++y) {
        for (int64_t x = 0; x < 130; ++x) picture.at(0, y, x) += x < 40 ? 0 : x < 90 ? 30 : 60;
      }
      add_noise(picture, sigma, 1);
      EXPECT_NEAR(estimate_noise(picture), sigma, 0.05 * sigma);
    }
  }
}

TEST(Noise, APageThatIsMostlyWhiteDoesNotHideIt) {
  Planes picture = grey(1, 200, 200, 128);
  add_noise(picture, 12, 1);
  for (int64_t y = 60; y < 200; ++y) {
    for (int64_t x = 0; x < 200; ++x) picture.at(0, y, x) = 255;
  }
  EXPECT_NEAR(estimate_noise(picture), 12, 1);
}

TEST(Noise, IsNoneWhereThereIsNone) {
  EXPECT_EQ(estimate_noise(grey(1, 30, 30, 77)), 0);
  EXPECT_EQ(estimate_noise(grey(3, 30, 30, 255)), 0);
  EXPECT_EQ(estimate_noise(test_picture(1, 2, 30, 1)), 0);
  EXPECT_EQ(estimate_noise(test_picture(1, 1, 1, 1)), 0);
}

}  // namespace
}  // namespace heed::imaging
