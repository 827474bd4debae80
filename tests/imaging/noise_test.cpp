// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/noise.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "tests/core/expect_error.h"
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
      EXPECT_NEAR(estimate_noise(picture).sigma, sigma, 0.05 * sigma);
    }
  }
}

TEST(Noise, APageThatIsMostlyWhiteDoesNotHideIt) {
  Planes picture = grey(1, 200, 200, 128);
  add_noise(picture, 12, 1);
  for (int64_t y = 60; y < 200; ++y) {
    for (int64_t x = 0; x < 200; ++x) picture.at(0, y, x) = 255;
  }
  EXPECT_NEAR(estimate_noise(picture).sigma, 12, 1);
}

TEST(Noise, AFlatFrameDoesNotHideIt) {
  for (const float level : {0.0f, 16.0f, 128.0f, 255.0f}) {
    Planes picture = grey(1, 200, 200, level), inside = grey(1, 120, 160, 100);
    add_noise(inside, 12, 1);
    for (int64_t y = 0; y < 120; ++y) {
      for (int64_t x = 0; x < 160; ++x) picture.at(0, y + 40, x + 20) = std::nearbyint(inside.at(0, y, x));
    }
    const NoiseEstimate found = estimate_noise(picture);
    EXPECT_NEAR(found.sigma, 12, 0.7) << level;
    EXPECT_EQ(found.evidence, NoiseEvidence::kClear) << level;
  }
}

TEST(Noise, OfFractionsOfGreyLevelsIsMeasured) {
  Planes picture = grey(3, 120, 120, 60);
  add_noise(picture, 0.1, 3);
  EXPECT_NEAR(estimate_noise(picture).sigma, 0.1, 0.005);
}

TEST(Noise, IsNoneWhereThereIsNone) {
  for (const int64_t channels : {1, 3}) {
    for (const float level : {0.0f, 77.0f, 255.0f}) {
      const NoiseEstimate found = estimate_noise(grey(channels, 30, 30, level));
      EXPECT_EQ(found.sigma, 0);
      EXPECT_EQ(found.evidence, NoiseEvidence::kDrawing) << level;
    }
  }
}

/// Squares of `side` pixels, each of one of the levels.
Planes squares(int64_t side, const std::vector<float>& levels, int64_t size = 84) {
  std::mt19937 random(3);
  Planes picture(1, size, size);
  std::vector<float> of(static_cast<size_t>(size * size));
  for (float& level : of) level = levels[random() % levels.size()];
  for (int64_t y = 0; y < size; ++y) {
    for (int64_t x = 0; x < size; ++x)
      picture.at(0, y, x) = of[static_cast<size_t>(y / side * size + x / side)];
  }
  return picture;
}

TEST(Noise, ACodeOfSquaresHasNone) {
  for (const int64_t side : {1, 2, 3, 4, 7}) {
    for (const auto& levels : {std::vector<float>{0, 255}, {30, 220}, {0, 255, 128}, {0, 85, 170, 255}}) {
      const NoiseEstimate found = estimate_noise(squares(side, levels));
      EXPECT_EQ(found.sigma, 0) << side << ", " << levels.size();
      EXPECT_EQ(found.evidence, NoiseEvidence::kDrawing) << side << ", " << levels.size();
    }
  }
}

TEST(Noise, ADrawingOfSmoothEdgesHasNone) {
  // White, with discs whose edges are blended.
  for (const float paper : {255.0f, 230.0f}) {
    Planes picture = grey(1, 160, 160, paper);
    for (int64_t y = 0; y < 160; ++y) {
      for (int64_t x = 0; x < 160; ++x) {
        const auto down = static_cast<float>(y % 20 - 10), right = static_cast<float>(x % 20 - 10);
        const float inside = std::clamp(6.5f - std::sqrt(down * down + right * right), 0.0f, 1.0f);
        picture.at(0, y, x) = std::nearbyint(std::lerp(paper, 20.0f, inside));
      }
    }
    const NoiseEstimate found = estimate_noise(picture);
    EXPECT_EQ(found.sigma, 0) << paper;
    EXPECT_EQ(found.evidence, NoiseEvidence::kDrawing) << paper;
  }
}

TEST(Noise, OfACodeIsStillFound) {
  Planes picture = squares(7, {60, 190});
  add_noise(picture, 10, 2);
  const NoiseEstimate found = estimate_noise(picture);
  EXPECT_GT(found.sigma, 9);
  EXPECT_LT(found.sigma, 16);
}

TEST(Noise, TextureIsDoubted) {
  // Noise that was smoothed along rows is no white noise.
  Planes picture = grey(1, 100, 100, 128), smooth = picture;
  add_noise(picture, 40, 5);
  for (int64_t y = 0; y < 100; ++y) {
    for (int64_t x = 0; x < 98; ++x)
      smooth.at(0, y, x) = (picture.at(0, y, x) + picture.at(0, y, x + 1) + picture.at(0, y, x + 2)) / 3;
  }
  EXPECT_EQ(estimate_noise(picture).evidence, NoiseEvidence::kClear);
  EXPECT_EQ(estimate_noise(smooth).evidence, NoiseEvidence::kTexture);
  // So is noise in three quarters of the picture, beside a quarter that has next to none.
  Planes mixed = grey(1, 100, 100, 128), little = mixed;
  add_noise(mixed, 20, 5);
  add_noise(little, 2, 6);
  for (int64_t y = 0; y < 25; ++y) {
    for (int64_t x = 0; x < 100; ++x) mixed.at(0, y, x) = little.at(0, y, x);
  }
  EXPECT_EQ(estimate_noise(mixed).evidence, NoiseEvidence::kTexture);
}

TEST(Noise, FewPixelsAreSaidToBeFew) {
  EXPECT_EQ(estimate_noise(test_picture(1, 2, 30, 1)).evidence, NoiseEvidence::kScarce);
  EXPECT_EQ(estimate_noise(test_picture(1, 2, 30, 1)).sigma, 0);
  EXPECT_EQ(estimate_noise(test_picture(1, 1, 1, 1)).sigma, 0);
  EXPECT_EQ(estimate_noise(test_picture(1, 9, 9, 1)).evidence, NoiseEvidence::kScarce);
  EXPECT_EQ(estimate_noise(test_picture(1, 60, 60, 1)).evidence, NoiseEvidence::kClear);
}

TEST(Noise, UnknownPixelsAreLeftOut) {
  Planes picture = grey(1, 100, 100, 128);
  add_noise(picture, 10, 7);
  std::vector<uint8_t> known(10000, 1);
  for (size_t i = 0; i < 6000; ++i) {
    known[i] = 0;
    picture.pixels[i] = i % 2 == 0 ? 0 : 200;
  }
  EXPECT_NEAR(estimate_noise(picture, known).sigma, 10, 0.7);
  EXPECT_EQ(estimate_noise(picture, std::vector<uint8_t>(10000)).evidence, NoiseEvidence::kScarce);
  error_of(ErrorKind::kUsage, [&] { estimate_noise(picture, std::vector<uint8_t>(99)); });
}

}  // namespace
}  // namespace heed::imaging
