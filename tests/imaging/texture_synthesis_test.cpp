// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/texture_synthesis.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/core/expect_error.h"
#include "tests/imaging/pictures.h"

#include "heed/imaging/neighbour_search.h"

namespace heed::imaging {
namespace {

image::Image texture_of(int64_t height, int64_t width, int64_t channels, auto value) {
  image::Image texture{height, width, channels, {}};
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      for (int64_t c = 0; c < channels; ++c) texture.pixels.push_back(static_cast<uint8_t>(value(y, x, c)));
    }
  }
  return texture;
}

uint8_t at(const image::Image& image, int64_t y, int64_t x, int64_t c = 0) {
  return image.pixels[static_cast<size_t>((y * image.width + x) * image.channels + c)];
}

TextureSynthesisOptions options_of(int64_t height, int64_t width, int64_t window, uint64_t seed = 1) {
  TextureSynthesisOptions options;
  options.height = height;
  options.width = width;
  options.window = window;
  options.seed = seed;
  options.threads = 1;
  return options;
}

/// Whether the image is one of the shifts of value(y, x, c), which has period `period` in both directions.
bool continues(const image::Image& picture, int64_t period, auto value) {
  for (int64_t down = 0; down < period; ++down) {
    for (int64_t right = 0; right < period; ++right) {
      bool same = true;
      for (int64_t y = 0; y < picture.height && same; ++y) {
        for (int64_t x = 0; x < picture.width && same; ++x) {
          for (int64_t c = 0; c < picture.channels; ++c)
            same &= at(picture, y, x, c) == static_cast<uint8_t>(value(y + down, x + right, c));
        }
      }
      if (same) return true;
    }
  }
  return false;
}

TEST(TextureSynthesis, ContinuesPeriodicTexturesPerfectly) {
  const auto checkers = [](int64_t y, int64_t x, int64_t) { return (y / 4 + x / 4) % 2 == 0 ? 30 : 220; };
  const auto stripes = [](int64_t y, int64_t x, int64_t c) { return (y + 2 * x) % 6 * 40 + c * 5; };
  for (const uint64_t seed : {0, 1, 2}) {
    EXPECT_TRUE(continues(synthesize_texture(texture_of(32, 32, 1, checkers), options_of(61, 50, 11, seed)),
                          8, checkers));
    EXPECT_TRUE(continues(synthesize_texture(texture_of(24, 30, 3, stripes), options_of(40, 45, 7, seed)), 6,
                          stripes));
  }
}

TEST(TextureSynthesis, TheSameSeedGivesTheSamePictureOnAnyNumberOfThreads) {
  const image::Image texture = to_image(test_picture(3, 40, 37, 2, 20));
  auto options = options_of(70, 83, 7);
  const image::Image first = synthesize_texture(texture, options);
  for (const int threads : {1, 2, 4, 0}) {
    options.threads = threads;
    EXPECT_EQ(synthesize_texture(texture, options).pixels, first.pixels) << threads;
  }
  options.seed = 2;
  EXPECT_NE(synthesize_texture(texture, options).pixels, first.pixels);
}

TEST(TextureSynthesis, EveryPixelIsOneOfTheTexture) {
  const image::Image texture = to_image(test_picture(3, 20, 26, 3, 30));
  std::set<std::vector<uint8_t>> colours;
  for (int64_t y = 0; y < texture.height; ++y) {
    for (int64_t x = 0; x < texture.width; ++x)
      colours.insert({at(texture, y, x, 0), at(texture, y, x, 1), at(texture, y, x, 2)});
  }
  const image::Image picture = synthesize_texture(texture, options_of(33, 47, 5));
  EXPECT_EQ(picture.height, 33);
  EXPECT_EQ(picture.width, 47);
  EXPECT_EQ(picture.pixels.size(), 33U * 47 * 3);
  for (int64_t y = 0; y < picture.height; ++y) {
    for (int64_t x = 0; x < picture.width; ++x)
      EXPECT_TRUE(colours.contains({at(picture, y, x, 0), at(picture, y, x, 1), at(picture, y, x, 2)}));
  }
}

TEST(TextureSynthesis, TakesTheSmallestPicturesAndTextures) {
  const image::Image texture = to_image(test_picture(1, 5, 5, 4));
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{1, 1}, {1, 30}, {30, 1}, {2, 2}}) {
    const image::Image picture = synthesize_texture(texture, options_of(height, width, 5));
    // Only one window: its centre everywhere.
    EXPECT_EQ(picture.pixels, std::vector<uint8_t>(static_cast<size_t>(height * width), at(texture, 2, 2)));
  }
}

TEST(TextureSynthesis, PixelsWithoutAGoodMatchWaitAndAreFilledInTheEnd) {
  const image::Image texture = to_image(test_picture(1, 16, 16, 5, 60));
  auto options = options_of(40, 40, 5);
  const image::Image free = synthesize_texture(texture, options);
  options.max_error = 1e-6;
  const image::Image strict = synthesize_texture(texture, options);
  EXPECT_EQ(strict.pixels.size(), free.pixels.size());
  EXPECT_NE(strict.pixels, free.pixels);
}

TEST(TextureSynthesis, ReportsItsProgress) {
  auto options = options_of(30, 20, 5);
  int64_t last = 0;
  options.progress = [&](int64_t done, int64_t total) {
    EXPECT_GT(done, last);
    EXPECT_EQ(total, 600);
    last = done;
  };
  synthesize_texture(to_image(test_picture(1, 16, 16, 6)), options);
  EXPECT_EQ(last, 600);
}

/// Tries all candidates one by one.
std::vector<int32_t> within_tolerance(const TextureWindows& windows, const Growth& growth, Pixel pixel,
                                      double tolerance) {
  std::vector<double> errors;
  for (int64_t row = 0; row < windows.rows(); ++row) {
    for (int64_t column = 0; column < windows.columns(); ++column) {
      double error = 0;
      for (const auto& place : windows.places()) {
        const int64_t y = pixel.row + place.row, x = pixel.column + place.column;
        if (y < 0 || y >= growth.picture.height || x < 0 || x >= growth.picture.width) continue;
        if (growth.source_at(y, x) == Growth::kUnknown) continue;
        for (int64_t c = 0; c < windows.channels(); ++c) {
          const double d =
              windows.candidate(row,
                                column)[c * windows.plane() + place.row * windows.stride() + place.column] -
              growth.picture.at(c, y, x);
          error += place.weight * d * d;
        }
      }
      errors.push_back(error);
    }
  }
  const double limit = *std::min_element(errors.begin(), errors.end()) * (1 + tolerance);
  std::vector<int32_t> found;
  for (size_t i = 0; i < errors.size(); ++i) {
    if (errors[i] <= limit) found.push_back(static_cast<int32_t>(i));
  }
  return found;
}

TEST(TextureSynthesis, TheSearchFindsWhatLookingAtEveryCandidateFinds) {
  for (const int64_t channels : {1, 3}) {
    const Planes texture = rounded(test_picture(channels, 41, 90, 7, 25));
    const TextureWindows windows(texture, 7);
    NeighbourSearch search(windows, 0.1);
    Growth growth(channels, 30, 30);
    std::mt19937 random(8);
    for (int64_t i = 0; i < 900; ++i) {
      if (random() % 3 == 0) continue;
      // Uses patches of the texture, so that neighbours match.
      const int64_t row = std::min<int64_t>(i / 30, windows.rows() - 1), column = i % 30 + 10 * (i / 300);
      growth.source[static_cast<size_t>(i)] = static_cast<int32_t>(row * windows.columns() + column);
      for (int64_t c = 0; c < channels; ++c)
        growth.picture.at(c, i / 30, i % 30) = windows.candidate(row, column)[c * windows.plane()];
    }
    for (const Pixel pixel : {Pixel{0, 0}, {15, 15}, {10, 9}, {20, 29}, {29, 3}}) {
      const auto expected = within_tolerance(windows, growth, pixel, 0.1);
      for (size_t i = 0; i < expected.size(); ++i) {
        const auto draw =
            static_cast<uint32_t>(((static_cast<uint64_t>(i) << 32) + (uint64_t{1} << 31)) / expected.size());
        EXPECT_EQ(search.find(growth, pixel, 1, draw), expected[i]);
      }
    }
  }
}

TEST(TextureSynthesis, RefusesWhatCannotBe) {
  const image::Image texture = to_image(test_picture(1, 10, 20, 9));
  const auto refusal = [&](auto change) {
    auto options = options_of(20, 20, 5);
    change(options);
    return error_of(ErrorKind::kUsage, [&] { synthesize_texture(texture, options); });
  };
  using testing::HasSubstr;
  EXPECT_THAT(refusal([](auto& o) { o.window = 4; }), HasSubstr("window: must be odd and at least 3, got 4"));
  EXPECT_THAT(refusal([](auto& o) { o.window = 11; }),
              HasSubstr("the texture has 10 x 20 pixels, less than a window of 11 x 11"));
  EXPECT_THAT(refusal([](auto& o) { o.height = 0; }), HasSubstr("got 0 x 20"));
  EXPECT_THAT(refusal([](auto& o) { o.width = int64_t{1} << 40; }), HasSubstr("the new image must have"));
  EXPECT_THAT(refusal([](auto& o) { o.tolerance = -0.1; }), HasSubstr("tolerance: must be"));
  EXPECT_THAT(refusal([](auto& o) { o.max_error = NAN; }), HasSubstr("max_error: must be"));
}

}  // namespace
}  // namespace heed::imaging
