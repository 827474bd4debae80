// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/resample.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "tests/imaging/resample_numbers.h"
#include <gtest/gtest.h>

namespace heed::imaging {
namespace {

using testing::Numbers;

/// As in make_resample_numbers.py.
image::Image picture(int64_t height, int64_t width, int64_t channels = 1) {
  image::Image image{height, width, channels, {}};
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      for (int64_t c = 0; c < channels; ++c)
        image.pixels.push_back(static_cast<uint8_t>((y * 67 + x * 151 + x * y * 29 + c * 83) % 256));
    }
  }
  return image;
}

template <class Resample>
void expect_numbers(const Numbers& numbers, const Resample& resample) {
  const image::Image result =
      resample(picture(numbers.height, numbers.width), numbers.to_height, numbers.to_width);
  EXPECT_EQ(result.height, numbers.to_height);
  EXPECT_EQ(result.width, numbers.to_width);
  ASSERT_EQ(result.pixels.size(), numbers.values.size());
  for (size_t i = 0; i < numbers.values.size(); ++i) {
    // Rounded to nearest; the reference values are floats with four decimals.
    EXPECT_LE(std::abs(result.pixels[i] - std::clamp(numbers.values[i], 0.0, 255.0)), 0.5 + 1e-3)
        << "pixel " << i;
  }
}

TEST(DownscaleArea, EqualsTheLocalMeanOfScikitImage) {
  expect_numbers(testing::kLocalMean, downscale_area);
  expect_numbers(testing::kAreaParts, downscale_area);
}
TEST(DownscaleArea, EqualsTheBoxOfPillowAtWholeRatios) {
  expect_numbers(testing::kBoxWhole, downscale_area);
}
TEST(UpscaleBicubic, EqualsPillow) {
  expect_numbers(testing::kBicubicDouble, upscale_bicubic);
  expect_numbers(testing::kBicubicParts, upscale_bicubic);
}

TEST(DownscaleArea, RoundsHalvesUp) {
  EXPECT_EQ(downscale_area({1, 2, 1, {0, 1}}, 1, 1).pixels, std::vector<uint8_t>{1});
  EXPECT_EQ(downscale_area({2, 2, 1, {0, 0, 0, 1}}, 1, 1).pixels, std::vector<uint8_t>{0});
  EXPECT_EQ(downscale_area({2, 2, 1, {255, 255, 255, 254}}, 1, 1).pixels, std::vector<uint8_t>{255});
}

TEST(DownscaleArea, WeighsPartsOfPixels) {
  // Three pixels to two: one pixel and half of the middle one.
  EXPECT_EQ(downscale_area({1, 3, 1, {30, 60, 240}}, 1, 2).pixels, (std::vector<uint8_t>{40, 180}));
}

TEST(DownscaleArea, TheMeanStaysForEveryWholeRatio) {
  const image::Image image = picture(48, 60);
  const double mean = std::accumulate(image.pixels.begin(), image.pixels.end(), 0.0) / (48 * 60);
  for (const int64_t ratio : {2, 3, 4, 6, 12}) {
    const auto small = downscale_area(image, 48 / ratio, 60 / ratio).pixels;
    EXPECT_NEAR(std::accumulate(small.begin(), small.end(), 0.0) / static_cast<double>(small.size()), mean,
                0.5);
  }
}

TEST(Resample, AFlatPictureStaysFlatAndTheSameSizeChangesNothing) {
  const image::Image flat{5, 7, 3, std::vector<uint8_t>(105, 201)};
  for (const uint8_t pixel : downscale_area(flat, 3, 2).pixels) ASSERT_EQ(pixel, 201);
  for (const uint8_t pixel : upscale_bicubic(flat, 17, 8).pixels) ASSERT_EQ(pixel, 201);
  const image::Image image = picture(5, 7, 3);
  EXPECT_EQ(downscale_area(image, 5, 7).pixels, image.pixels);
  EXPECT_EQ(upscale_bicubic(image, 5, 7).pixels, image.pixels);
}

TEST(Resample, ChannelsDoNotMix) {
  const image::Image image = picture(9, 7, 3);
  const image::Image small = downscale_area(image, 4, 3), large = upscale_bicubic(image, 11, 15);
  for (size_t c = 0; c < 3; ++c) {
    image::Image one{9, 7, 1, {}};
    for (size_t i = c; i < image.pixels.size(); i += 3) one.pixels.push_back(image.pixels[i]);
    const auto small_one = downscale_area(one, 4, 3).pixels, large_one = upscale_bicubic(one, 11, 15).pixels;
    for (size_t i = 0; i < small_one.size(); ++i) ASSERT_EQ(small.pixels[3 * i + c], small_one[i]);
    for (size_t i = 0; i < large_one.size(); ++i) ASSERT_EQ(large.pixels[3 * i + c], large_one[i]);
  }
}

TEST(Resample, OnePixelGrowsAndEverythingShrinksToOne) {
  EXPECT_EQ(upscale_bicubic({1, 1, 1, {9}}, 2, 3).pixels, std::vector<uint8_t>(6, 9));
  EXPECT_EQ(downscale_area(picture(13, 1), 1, 1).pixels.size(), 1u);
}

TEST(UpscaleBicubic, OvershootIsCutOff) {
  const image::Image edge{1, 4, 1, {0, 0, 255, 255}};
  const auto large = upscale_bicubic(edge, 1, 40).pixels;
  EXPECT_EQ(*std::min_element(large.begin(), large.end()), 0);
  EXPECT_EQ(*std::max_element(large.begin(), large.end()), 255);
  EXPECT_TRUE(std::is_sorted(large.begin(), large.end()));  // an overshoot must not wrap around
}

TEST(Resample, RefusesSizesThatMakeNoSense) {
  const image::Image image = picture(4, 5);
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{0, 1}, {1, -1}, {5, 5}, {4, 6}})
    EXPECT_THROW(downscale_area(image, height, width), std::invalid_argument);
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{3, 5}, {4, 4}, {int64_t{1} << 40, 5}})
    EXPECT_THROW(upscale_bicubic(image, height, width), std::invalid_argument);
  EXPECT_THROW(downscale_area({4, 5, 1, {1, 2}}, 1, 1), std::invalid_argument);
}

}  // namespace
}  // namespace heed::imaging
