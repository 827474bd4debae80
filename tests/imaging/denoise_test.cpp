// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/denoise.h"

#include <cmath>
#include <random>

#include "tests/imaging/pictures.h"
#include <gtest/gtest.h>

#include "heed/imaging/texture_synthesis.h"
#include "heed/imaging/transparency.h"

namespace heed::imaging {
namespace {

/// The test picture as a file would hold it.
image::Picture picture_of(const Planes& planes, int bits, bool alpha = false) {
  const int64_t channels = planes.channels + (alpha ? 1 : 0);
  image::Picture picture{planes.height, planes.width, channels, bits, {}};
  const auto numbers = static_cast<size_t>(planes.height * planes.width);
  picture.pixels.assign(numbers * static_cast<size_t>(channels), picture.largest());
  return to_picture(planes, picture);
}

/// Squared error in grey levels.
double error_between(const Planes& a, const Planes& b) {
  double squares = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) squares += std::pow(a.pixels[i] - b.pixels[i], 2);
  return squares / static_cast<double>(a.pixels.size());
}

void set_alpha(image::Picture& picture, const auto& opacity) {
  for (int64_t i = 0; i < picture.height * picture.width; ++i)
    picture.pixels[static_cast<size_t>((i + 1) * picture.channels - 1)] =
        static_cast<uint16_t>(opacity(i / picture.width, i % picture.width) * picture.largest());
}

TEST(Denoise, EqualsNonLocalMeansOf8Bits) {
  for (const int64_t channels : {1, 3}) {
    const Planes noisy = rounded(test_picture(channels, 40, 50, 3));
    const Denoised result = denoise(picture_of(noisy, 8), {.sigma = 12});
    const auto wanted = to_image(non_local_means(noisy, non_local_means_options(12, noisy)));
    EXPECT_EQ(std::vector<uint8_t>(result.picture.pixels.begin(), result.picture.pixels.end()),
              wanted.pixels);
    EXPECT_EQ(result.impulses, 0);
  }
}

TEST(Denoise, KeepsThePrecisionOf16Bits) {
  // A slope of 1/100 grey level a pixel, with noise of a third of one: gone if either were rounded to 8 bits.
  Planes clean(1, 64, 64), noisy = clean;
  for (int64_t y = 0; y < 64; ++y) {
    for (int64_t x = 0; x < 64; ++x) clean.at(0, y, x) = 100 + static_cast<float>(x) / 100;
  }
  noisy = clean;
  add_noise(noisy, 0.3, 4);
  const Denoised result = denoise(picture_of(noisy, 16));
  EXPECT_EQ(result.picture.bits, 16);
  EXPECT_NEAR(result.noise.sigma, 0.3, 0.03);
  EXPECT_LT(error_between(to_planes(result.picture), clean), 0.1 * error_between(noisy, clean));
}

TEST(Denoise, WithoutNoiseEveryBitStays) {
  std::mt19937 random(5);
  for (const int bits : {8, 16}) {
    for (int64_t channels = 1; channels <= 4; ++channels) {
      image::Picture picture{9, 13, channels, bits, {}};
      for (int64_t i = 0; i < 9 * 13 * channels; ++i)
        picture.pixels.push_back(static_cast<uint16_t>(random()) & picture.largest());
      picture.notes.gamma = 45455;
      const Denoised result = denoise(picture, {.sigma = 0, .impulses = ImpulseHandling::kKeep});
      EXPECT_EQ(result.picture.pixels, picture.pixels) << bits << ", " << channels;
      EXPECT_EQ(result.picture.notes.gamma, 45455u);
    }
  }
}

TEST(Denoise, OpaqueAlphaChangesNothing) {
  const Planes noisy = rounded(test_picture(3, 40, 50, 6));
  const Denoised plain = denoise(picture_of(noisy, 8)), opaque = denoise(picture_of(noisy, 8, true));
  EXPECT_EQ(to_planes(opaque.picture).pixels, to_planes(plain.picture).pixels);
  // Nor does a transparent corner, out of its reach.
  image::Picture cornered = picture_of(noisy, 8, true);
  set_alpha(cornered, [](int64_t row, int64_t column) { return row < 4 && column < 4 ? 0 : 1; });
  const Denoised far = denoise(cornered, {.sigma = plain.noise.sigma});
  for (int64_t c = 0; c < 3; ++c) {
    for (int64_t y = 20; y < 40; ++y) {
      for (int64_t x = 20; x < 50; ++x)
        EXPECT_NEAR(to_planes(far.picture).at(c, y, x), to_planes(plain.picture).at(c, y, x), 1);
    }
  }
}

TEST(Denoise, ColoursOfInvisiblePixelsGoNowhereAndStay) {
  for (const int64_t channels : {1, 3}) {
    for (const int bits : {8, 16}) {
      image::Picture picture = picture_of(test_picture(channels, 30, 40, 7), bits, true);
      // Visible on the left, half seen in a stripe, invisible on the right.
      set_alpha(picture, [](int64_t, int64_t column) { return column < 18 ? 1.0 : column < 22 ? 0.4 : 0.0; });
      image::Picture other = picture;
      const auto step = static_cast<size_t>(picture.channels);
      for (size_t i = 0; i < other.pixels.size(); ++i) {
        if (i % step != step - 1 && other.pixels[i / step * step + step - 1] == 0)
          other.pixels[i] = static_cast<uint16_t>(other.largest() - other.pixels[i]);
      }
      const auto first = denoise(picture), second = denoise(other);
      EXPECT_GT(first.noise.sigma, 5);
      EXPECT_EQ(first.noise.sigma, second.noise.sigma);
      size_t changed = 0;
      for (size_t i = 0; i < picture.pixels.size(); ++i) {
        const bool is_alpha = i % step == step - 1;
        const bool is_visible = picture.pixels[i / step * step + step - 1] != 0;
        if (is_alpha || !is_visible) {
          EXPECT_EQ(first.picture.pixels[i], picture.pixels[i]);
          EXPECT_EQ(second.picture.pixels[i], other.pixels[i]);
        } else {
          EXPECT_EQ(first.picture.pixels[i], second.picture.pixels[i]);
          changed += first.picture.pixels[i] != picture.pixels[i];
        }
      }
      EXPECT_GT(changed, picture.pixels.size() / 8);
    }
  }
}

TEST(Denoise, WhiteOnTransparentStaysWhite) {
  image::Picture icon{48, 48, 4, 8, std::vector<uint16_t>(48 * 48 * 4, 255)};
  set_alpha(icon, [](int64_t row, int64_t column) { return std::hypot(row - 24, column - 24) < 16 ? 1 : 0; });
  for (const auto sigma : {std::optional<double>(), std::optional<double>(20)}) {
    const Denoised result = denoise(icon, {.sigma = sigma});
    EXPECT_EQ(result.picture.pixels, icon.pixels);
    EXPECT_EQ(result.impulses, 0);
  }
}

TEST(Denoise, ReplacesImpulsesThenTheRestOfTheNoise) {
  const Planes clean = test_picture(1, 96, 96, 8, 0);
  Planes noisy = clean;
  add_noise(noisy, 8, 2);
  std::mt19937 random(3);
  for (float& value : noisy.pixels) {
    const auto drawn = random() % 20;
    if (drawn < 2) value = drawn == 0 ? 0 : 255;
  }
  const auto picture = picture_of(noisy, 8);
  const Denoised result = denoise(picture), kept = denoise(picture, {.impulses = ImpulseHandling::kKeep});
  EXPECT_NEAR(result.impulses, 0.1, 0.02);
  EXPECT_NEAR(result.noise.sigma, 8, 2);
  EXPECT_EQ(kept.impulses, 0);
  const double before = error_between(noisy, clean);
  EXPECT_LT(error_between(to_planes(result.picture), clean), 0.05 * before);
  EXPECT_GT(error_between(to_planes(kept.picture), clean), 0.3 * before);
}

TEST(Denoise, ACodeStaysBlackAndWhite) {
  std::mt19937 random(9);
  image::Picture code{84, 84, 1, 8, std::vector<uint16_t>(84 * 84)};
  std::vector<uint16_t> modules(21 * 21);
  for (auto& module : modules) module = random() % 2 == 0 ? 0 : 255;
  for (size_t i = 0; i < code.pixels.size(); ++i) code.pixels[i] = modules[i / 84 / 4 * 21 + i % 84 / 4];
  const Denoised result = denoise(code);
  EXPECT_EQ(result.noise.sigma, 0);
  EXPECT_EQ(result.noise.evidence, NoiseEvidence::kDrawing);
  EXPECT_EQ(result.picture.pixels, code.pixels);
}

TEST(SynthesizePicture, CopiesWholePixels) {
  for (const int bits : {8, 16}) {
    image::Picture texture = picture_of(test_picture(3, 20, 24, 10), bits, true);
    set_alpha(texture,
              [](int64_t row, int64_t column) { return static_cast<double>((row + column) % 5) / 4; });
    texture.notes.icc_profile = {std::byte{1}};
    TextureSynthesisOptions options;
    options.height = 17;
    options.width = 23;
    options.window = 5;
    const image::Picture grown = synthesize_texture(texture, options);
    EXPECT_EQ(grown.height, 17);
    EXPECT_EQ(grown.width, 23);
    EXPECT_EQ(grown.channels, 4);
    EXPECT_EQ(grown.bits, bits);
    EXPECT_EQ(grown.notes.icc_profile, texture.notes.icc_profile);
    const auto pixel = [](const image::Picture& of, size_t i) {
      return std::vector<uint16_t>(of.pixels.begin() + static_cast<ptrdiff_t>(4 * i),
                                   of.pixels.begin() + static_cast<ptrdiff_t>(4 * i + 4));
    };
    for (size_t i = 0; i < grown.pixels.size() / 4; ++i) {
      bool found = false;
      for (size_t j = 0; j < texture.pixels.size() / 4 && !found; ++j)
        found = pixel(grown, i) == pixel(texture, j);
      EXPECT_TRUE(found) << i;
    }
  }
}

TEST(SynthesizePicture, EqualsTheImageOf8Bits) {
  for (const int64_t channels : {1, 3}) {
    const Planes planes = rounded(test_picture(channels, 20, 24, 10));
    TextureSynthesisOptions options;
    options.height = options.width = 30;
    options.window = 7;
    const auto image = synthesize_texture(to_image(planes), options);
    for (const bool alpha : {false, true}) {
      const auto picture = synthesize_texture(picture_of(planes, 8, alpha), options);
      EXPECT_EQ(to_planes(picture).pixels, to_planes(image).pixels);
    }
  }
}

}  // namespace
}  // namespace heed::imaging
