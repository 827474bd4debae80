// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/image_quality.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/core/expect_error.h"

namespace heed::evaluation {
namespace {

image::Image noise(int64_t height, int64_t width, int64_t channels, unsigned seed) {
  std::mt19937 random(seed);
  image::Image image{height, width, channels,
                     std::vector<uint8_t>(static_cast<size_t>(height * width * channels))};
  for (uint8_t& pixel : image.pixels) pixel = static_cast<uint8_t>(random() % 256);
  return image;
}

image::Image blended(const image::Image& a, const image::Image& b) {
  image::Image result = a;
  for (size_t i = 0; i < a.pixels.size(); ++i)
    result.pixels[i] = static_cast<uint8_t>((3 * a.pixels[i] + b.pixels[i]) / 4);
  return result;
}

TEST(ImageQuality, PsnrIsThatOfTheMeanSquaredDifference) {
  const image::Image grey{2, 2, 1, {10, 20, 30, 40}};
  EXPECT_NEAR(psnr(grey, {2, 2, 1, {11, 20, 30, 40}}), 10 * std::log10(255.0 * 255 * 4), 1e-12);
  EXPECT_NEAR(psnr({1, 1, 3, {0, 0, 0}}, {1, 1, 3, {255, 255, 255}}), 0, 1e-12);
  EXPECT_TRUE(std::isinf(psnr(grey, grey)));
}

/// The paper's window at one position, by definition.
double similarity_at(const image::Image& x, const image::Image& y, int64_t row, int64_t column,
                     int64_t channel) {
  double total = 0, mean_x = 0, mean_y = 0;
  const auto over_window = [&](auto add) {
    for (int64_t i = 0; i < 11; ++i) {
      for (int64_t j = 0; j < 11; ++j) {
        const double w = std::exp(-static_cast<double>((i - 5) * (i - 5) + (j - 5) * (j - 5)) / 4.5);
        const auto at = static_cast<size_t>(((row + i) * x.width + column + j) * x.channels + channel);
        add(w, static_cast<double>(x.pixels[at]), static_cast<double>(y.pixels[at]));
      }
    }
  };
  over_window([&](double w, double a, double b) { total += w, mean_x += w * a, mean_y += w * b; });
  mean_x /= total;
  mean_y /= total;
  double variance_x = 0, variance_y = 0, covariance = 0;
  over_window([&](double w, double a, double b) {
    variance_x += w / total * (a - mean_x) * (a - mean_x);
    variance_y += w / total * (b - mean_y) * (b - mean_y);
    covariance += w / total * (a - mean_x) * (b - mean_y);
  });
  const double c1 = 2.55 * 2.55, c2 = 7.65 * 7.65;
  return (2 * mean_x * mean_y + c1) * (2 * covariance + c2) /
         ((mean_x * mean_x + mean_y * mean_y + c1) * (variance_x + variance_y + c2));
}

TEST(ImageQuality, StructuralSimilarityIsTheMeanOfItsDefinition) {
  for (const auto& [height, width, channels] :
       {std::tuple<int64_t, int64_t, int64_t>{11, 11, 1}, {12, 19, 1}, {25, 13, 3}}) {
    const image::Image x = noise(height, width, channels, 1),
                       y = blended(x, noise(height, width, channels, 2));
    double expected = 0;
    for (int64_t row = 0; row + 11 <= height; ++row) {
      for (int64_t column = 0; column + 11 <= width; ++column) {
        for (int64_t c = 0; c < channels; ++c) expected += similarity_at(x, y, row, column, c);
      }
    }
    expected /= static_cast<double>((height - 10) * (width - 10) * channels);
    EXPECT_NEAR(structural_similarity(x, y).value(), expected, 1e-9);
    EXPECT_NEAR(structural_similarity(y, x).value(), expected, 1e-9);
  }
}

TEST(ImageQuality, EqualPicturesHaveASimilarityOfOne) {
  const image::Image x = noise(20, 20, 3, 3);
  EXPECT_NEAR(structural_similarity(x, x).value(), 1, 1e-12);
  EXPECT_NEAR(structural_similarity({15, 15, 1, std::vector<uint8_t>(225, 9)},
                                    {15, 15, 1, std::vector<uint8_t>(225, 9)})
                  .value(),
              1, 1e-12);
}

TEST(ImageQuality, OfPlanesIsThatOfImagesAndCountsFractions) {
  const image::Image x = noise(14, 17, 3, 6), y = blended(x, noise(14, 17, 3, 7));
  const auto planes_of = [](const image::Image& image) {
    imaging::Planes planes(image.channels, image.height, image.width);
    for (int64_t i = 0; i < image.height * image.width * image.channels; ++i)
      planes.at(i % image.channels, i / image.channels / image.width, i / image.channels % image.width) =
          image.pixels[static_cast<size_t>(i)];
    return planes;
  };
  imaging::Planes a = planes_of(x), b = planes_of(y);
  EXPECT_NEAR(psnr(a, b), psnr(x, y), 1e-12);
  EXPECT_NEAR(structural_similarity(a, b).value(), structural_similarity(x, y).value(), 1e-12);
  b = a;
  for (float& value : b.pixels) value += 0.25f;
  EXPECT_NEAR(psnr(a, b), 20 * std::log10(255 / 0.25), 1e-6);
}

TEST(ImageQuality, SmallPicturesHaveNoSimilarity) {
  EXPECT_FALSE(structural_similarity(noise(10, 30, 1, 4), noise(10, 30, 1, 5)).has_value());
}

TEST(ImageQuality, PicturesOfDifferentSizesAreRefused) {
  const auto message = error_of(ErrorKind::kUsage, [] { psnr(noise(4, 5, 1, 1), noise(4, 5, 3, 1)); });
  EXPECT_THAT(message, testing::HasSubstr("4 x 5 x 1 (rows, columns, channels) with one of 4 x 5 x 3"));
  error_of(ErrorKind::kUsage, [] { structural_similarity(noise(12, 12, 1, 1), noise(13, 12, 1, 1)); });
  error_of(ErrorKind::kUsage, [] { psnr(image::Image(), image::Image()); });
  error_of(ErrorKind::kUsage, [] { psnr({2, 2, 1, {1}}, {2, 2, 1, {1}}); });
}

}  // namespace
}  // namespace heed::evaluation
