// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/impulses.h"

#include <cmath>
#include <random>

#include "tests/core/expect_error.h"
#include "tests/imaging/pictures.h"

#include "heed/imaging/noise.h"

namespace heed::imaging {
namespace {

/// Replaces values of this share by black and white; marks them.
std::vector<uint8_t> sprinkle(Planes& planes, double share, unsigned seed, bool all_channels = false) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<uint8_t> mask(planes.pixels.size());
  const auto numbers = static_cast<size_t>(planes.height * planes.width);
  for (size_t i = 0; i < (all_channels ? numbers : mask.size()); ++i) {
    const double drawn = uniform(random);
    if (drawn >= share) continue;
    for (size_t at = i; at < (all_channels ? mask.size() : i + 1); at += numbers) {
      planes.pixels[at] = drawn < share / 2 ? 0 : 255;
      mask[at] = 1;
    }
  }
  return mask;
}

/// A smooth picture with an edge, some noise, and black and white corners.
Planes scene(int64_t channels, float noise) {
  Planes planes = test_picture(channels, 120, 140, 4, 0);
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t y = 0; y < 30; ++y) {
      for (int64_t x = 0; x < 30; ++x) planes.at(c, y, x) = 0;
      for (int64_t x = 100; x < 140; ++x) planes.at(c, y, x) = 255;
    }
  }
  Planes noisy = planes;
  add_noise(noisy, noise, 9);
  return rounded(noisy);
}

double error_between(const Planes& a, const Planes& b) {
  double squares = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) squares += std::pow(a.pixels[i] - b.pixels[i], 2);
  return std::sqrt(squares / static_cast<double>(a.pixels.size()));
}

TEST(Impulses, AreFoundAndReplacedAtAnyShare) {
  for (const double share : {0.02, 0.1, 0.3, 0.5}) {
    for (const int64_t channels : {1, 3}) {
      const Planes clean = scene(channels, 0);
      Planes noisy = clean;
      const auto mask = sprinkle(noisy, share, 5, channels == 3);
      const Impulses found = find_impulses(noisy);
      EXPECT_NEAR(found.share, share, 0.2 * share) << channels;
      size_t right = 0, wrong = 0;
      for (size_t i = 0; i < mask.size(); ++i) {
        if (noisy.pixels[i] == clean.pixels[i])
          wrong += found.mask[i];
        else
          right += found.mask[i];
      }
      const auto hit = static_cast<double>(std::count(mask.begin(), mask.end(), 1));
      EXPECT_GT(static_cast<double>(right), 0.85 * hit) << share;
      EXPECT_LT(static_cast<double>(wrong), 0.02 * static_cast<double>(mask.size())) << share;
      const double before = error_between(noisy, clean);
      replace_impulses(noisy, found);
      EXPECT_LT(error_between(noisy, clean), 0.4 * before) << share;
    }
  }
}

TEST(Impulses, AreFoundBesideOtherNoise) {
  Planes noisy = scene(1, 12);
  sprinkle(noisy, 0.1, 6);
  EXPECT_NEAR(find_impulses(noisy).share, 0.1, 0.025);
}

TEST(Impulses, AreNotSeenInGaussianNoise) {
  for (const float noise : {0.0f, 5.0f, 15.0f, 30.0f, 60.0f})
    EXPECT_LT(find_impulses(scene(1, noise)).share, kImpulseShare) << noise;
}

TEST(Impulses, AreNotSeenInBlackAndWhite) {
  std::mt19937 random(7);
  for (const int64_t side : {1, 2, 4}) {  // from dots, as in a dithered picture, to a code of squares
    Planes planes(1, 80, 80);
    std::vector<float> of(6400);
    for (float& value : of) value = random() % 2 == 0 ? 0 : 255;
    for (int64_t y = 0; y < 80; ++y) {
      for (int64_t x = 0; x < 80; ++x) planes.at(0, y, x) = of[static_cast<size_t>(y / side * 80 + x / side)];
    }
    EXPECT_EQ(find_impulses(planes).share, 0) << side;
  }
  Planes page(1, 80, 80);  // black lines of a pixel on white, crossing
  for (int64_t y = 0; y < 80; ++y) {
    for (int64_t x = 0; x < 80; ++x) page.at(0, y, x) = y % 5 == 0 || x % 9 == 0 ? 0 : 255;
  }
  EXPECT_EQ(find_impulses(page).share, 0);
}

TEST(Impulses, AreNotSeenInLettersOfSmoothEdges) {
  // Strokes of a black pixel between two grey ones, on white, as text is drawn.
  for (const float noise : {0.0f, 10.0f}) {
    Planes page(1, 120, 120);
    for (int64_t y = 0; y < 120; ++y) {
      for (int64_t x = 0; x < 120; ++x) {
        const int64_t right = x % 12;
        const bool stroke = y % 16 < 11 && right < 3;
        page.at(0, y, x) = !stroke ? 255.0f : right == 1 ? 0.0f : y % 2 == 0 ? 120.0f : 90.0f;
      }
    }
    add_noise(page, noise, 3);
    EXPECT_LT(find_impulses(rounded(page)).share, kImpulseShare) << noise;
  }
}

TEST(Impulses, FewAreLeftUnlessAskedFor) {
  Planes noisy = scene(1, 4);
  sprinkle(noisy, 0.004, 8);
  EXPECT_LT(find_impulses(noisy).share, kImpulseShare);
  const Impulses found = find_impulses(noisy, {}, true);
  EXPECT_NEAR(found.share, 0.004, 0.002);
}

TEST(Impulses, DotsOnAWhitePageAreRemovedIfAskedFor) {
  Planes page(1, 60, 60);
  std::fill(page.pixels.begin(), page.pixels.end(), 255.0f);
  const Planes clean = page;
  for (size_t i = 100; i < page.pixels.size(); i += 97) page.pixels[i] = 0;
  EXPECT_EQ(find_impulses(page).share, 0);
  replace_impulses(page, find_impulses(page, {}, true));
  EXPECT_EQ(page.pixels, clean.pixels);
}

TEST(Impulses, UnknownPixelsAreNeitherFoundNorUsed) {
  Planes noisy = scene(1, 0);
  const Planes clean = noisy;
  std::vector<uint8_t> known(noisy.pixels.size(), 1);
  for (size_t i = 60 * 140; i < known.size(); i += 2) {
    known[i] = 0;
    noisy.pixels[i] = 255;
  }
  EXPECT_EQ(find_impulses(noisy, known).share, 0);
  noisy.at(0, 92, 73) = 0;
  const Impulses found = find_impulses(noisy, known, true);
  EXPECT_EQ(std::count(found.mask.begin(), found.mask.end(), 1), 1);
  replace_impulses(noisy, found, known);
  EXPECT_NEAR(noisy.at(0, 92, 73), clean.at(0, 92, 73), 3);
  error_of(ErrorKind::kUsage, [&] { find_impulses(noisy, std::vector<uint8_t>(7), true); });
}

TEST(Impulses, NothingButImpulsesStaysAndEnds) {
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{1, 1}, {1, 40}, {40, 1}, {30, 30}}) {
    Planes planes(1, height, width);
    const Planes before = planes;
    replace_impulses(planes, {std::vector<uint8_t>(planes.pixels.size(), 1), 1});
    EXPECT_EQ(planes.pixels, before.pixels);
    find_impulses(planes, {}, true);
  }
}

}  // namespace
}  // namespace heed::imaging
