// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/fit_image.h"

#include <algorithm>
#include <random>
#include <stdexcept>

#include <gtest/gtest.h>

#include "heed/imaging/resample.h"

namespace heed::imaging {
namespace {

image::Image noise(int64_t height, int64_t width, int64_t channels = 1) {
  std::mt19937 random(static_cast<unsigned>(height * 1000 + width));
  image::Image image{height, width, channels, {}};
  for (int64_t i = 0; i < height * width * channels; ++i)
    image.pixels.push_back(static_cast<uint8_t>(random()));
  return image;
}

image::Image cut(const image::Image& image, const Window& window) {
  image::Image result{window.height, window.width, image.channels, {}};
  for (int64_t row = window.top; row < window.top + window.height; ++row) {
    const auto begin = image.pixels.begin() + (row * image.width + window.left) * image.channels;
    result.pixels.insert(result.pixels.end(), begin, begin + window.width * image.channels);
  }
  return result;
}

const Window kAll8{0, 0, 8, 8};

TEST(Resize, AWindowIsThatPartOfTheWhole) {
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{7, 5}, {40, 31}, {12, 13}, {13, 60}}) {
    const image::Image image = noise(13, 12, 3), all = resize(image, height, width, {0, 0, height, width});
    for (const Window& window : {Window{0, 0, 1, 1}, Window{2, 1, 3, 4}, Window{height - 3, width - 2, 3, 2}})
      EXPECT_EQ(resize(image, height, width, window).pixels, cut(all, window).pixels);
  }
}

image::Image whole(const image::Image& image, int64_t height, int64_t width) {
  return resize(image, height, width, {0, 0, height, width});
}

TEST(Resize, SidesThatShrinkComeFirst) {
  const image::Image image = noise(13, 12, 3);
  EXPECT_EQ(whole(image, 8, 8).pixels, downscale_area(image, 8, 8).pixels);
  EXPECT_EQ(whole(image, 8, 30).pixels, whole(downscale_area(image, 8, 12), 8, 30).pixels);
  EXPECT_EQ(whole(image, 30, 5).pixels, whole(downscale_area(image, 13, 5), 30, 5).pixels);
}

TEST(Resize, SidesThatGrowAreClippedBetweenRowsAndColumns) {
  const image::Image image = noise(13, 12);
  EXPECT_EQ(whole(image, 13, 30).pixels, upscale_bicubic(image, 13, 30).pixels);
  EXPECT_EQ(whole(image, 20, 30).pixels, upscale_bicubic(upscale_bicubic(image, 13, 30), 20, 30).pixels);
}

TEST(Resize, TakesWindowsOfResultsThatWouldNotFitIntoMemory) {
  const image::Image thin = noise(1, 5000);
  EXPECT_EQ(fit_image(thin, 16, 16).pixels.size(), 256U);
  EXPECT_EQ(resize(thin, 1 << 20, 1 << 20, {1 << 19, 1 << 19, 2, 2}).pixels.size(), 4U);
}

TEST(Resize, RefusesWindowsOutside) {
  const image::Image image = noise(4, 4);
  for (const Window& window :
       {Window{-1, 0, 2, 2}, Window{0, 0, 0, 2}, Window{7, 0, 2, 2}, Window{0, 1, 2, 8}})
    EXPECT_THROW(resize(image, 8, 8, window), std::invalid_argument);
  EXPECT_THROW(resize(image, 0, 8, kAll8), std::invalid_argument);
}

TEST(FitImage, CropsTheMiddle) {
  const image::Image wide = noise(8, 19), tall = noise(21, 8);
  EXPECT_EQ(fit_image(wide, 8, 8).pixels, cut(wide, {0, 5, 8, 8}).pixels);
  EXPECT_EQ(fit_image(tall, 8, 8).pixels, cut(tall, {6, 0, 8, 8}).pixels);
  EXPECT_EQ(fit_image(noise(32, 16), 8, 8).pixels,
            cut(downscale_area(noise(32, 16), 16, 8), {4, 0, 8, 8}).pixels);
  EXPECT_EQ(fit_image(noise(2, 3), 8, 8).pixels, cut(whole(noise(2, 3), 8, 12), {0, 2, 8, 8}).pixels);
}

TEST(FitImage, PadsWithBlack) {
  const image::Image image = noise(4, 9, 3), padded = fit_image(image, 9, 9, Fit::kPad);
  EXPECT_EQ(cut(padded, {2, 0, 4, 9}).pixels, image.pixels);
  for (const Window& bar : {Window{0, 0, 2, 9}, Window{6, 0, 3, 9}}) {
    const auto pixels = cut(padded, bar).pixels;
    EXPECT_EQ(std::count(pixels.begin(), pixels.end(), 0), std::ssize(pixels));
  }
  EXPECT_EQ(cut(fit_image(noise(16, 8), 8, 8, Fit::kPad), {0, 2, 8, 4}).pixels,
            downscale_area(noise(16, 8), 8, 4).pixels);
}

TEST(FitImage, Stretches) {
  EXPECT_EQ(fit_image(noise(30, 9), 8, 8, Fit::kStretch).pixels, downscale_area(noise(30, 9), 8, 8).pixels);
}

TEST(FitImage, TakesEverySize) {
  for (const int64_t height : {1, 2, 3, 8, 9, 100, 1000})
    for (const int64_t width : {1, 2, 7, 8, 64, 999})
      for (const int64_t to : {1, 7, 8})
        for (const Fit fit : {Fit::kCrop, Fit::kPad, Fit::kStretch}) {
          const image::Image flat{height, width, 1,
                                  std::vector<uint8_t>(static_cast<size_t>(height * width), 77)};
          const image::Image fitted = fit_image(flat, to, 8, fit);
          ASSERT_EQ(std::ssize(fitted.pixels), to * 8);
          const auto kept = std::count(fitted.pixels.begin(), fitted.pixels.end(), 77);
          if (fit == Fit::kPad) {
            EXPECT_GT(kept, 0);
          } else {
            EXPECT_EQ(kept, to * 8);
          }
        }
}

TEST(FitImage, NamesAreInTheOrderOfTheEnum) {
  EXPECT_EQ(fit_of_name("crop"), Fit::kCrop);
  EXPECT_EQ(fit_of_name("pad"), Fit::kPad);
  EXPECT_EQ(fit_of_name("stretch"), Fit::kStretch);
  EXPECT_THROW(fit_of_name("Crop"), std::invalid_argument);
}

}  // namespace
}  // namespace heed::imaging
