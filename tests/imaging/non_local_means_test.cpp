// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/non_local_means.h"

#include <cmath>
#include <limits>

#include "tests/core/expect_error.h"
#include "tests/imaging/pictures.h"

namespace heed::imaging {
namespace {

/// Tolerance for float32 sums of up to a few hundred products of numbers up to 255.
constexpr float kTolerance = 2e-3f;

/// The definition, pixel by pixel, in double.
class Naive {
 public:
  Naive(const Planes& picture, const NonLocalMeansOptions& options) : u_(picture), o_(options) {}

  Planes run() const {
    Planes result(u_.channels, u_.height, u_.width);
    for (int64_t y = 0; y < u_.height; ++y) {
      for (int64_t x = 0; x < u_.width; ++x) average(y, x, result);
    }
    return result;
  }

 private:
  bool inside(int64_t y, int64_t x) const { return y >= 0 && y < u_.height && x >= 0 && x < u_.width; }
  double value(int64_t c, int64_t y, int64_t x) const {
    return u_.at(c, reflected(y, u_.height), reflected(x, u_.width));
  }
  double patch_weight(int64_t y, int64_t x) const {
    const double a = static_cast<double>(o_.patch - 1) / 4;
    return o_.shape == PatchShape::kBox || a == 0
               ? 1
               : std::exp(-static_cast<double>(y * y + x * x) / (2 * a * a));
  }
  double weight(int64_t y, int64_t x, int64_t down, int64_t right) const {
    const int64_t r = o_.patch / 2;
    double distance = 0, total = 0;
    for (int64_t i = -r; i <= r; ++i) {
      for (int64_t j = -r; j <= r; ++j) {
        const double g = patch_weight(i, j);
        for (int64_t c = 0; c < u_.channels; ++c) {
          const double d = value(c, y + i, x + j) - value(c, y + down + i, x + right + j);
          distance += g * d * d;
          total += g;
        }
      }
    }
    const double exponent =
        std::max(0.0, distance / total - 2 * o_.sigma * o_.sigma) / (o_.strength * o_.strength);
    return exponent > o_.cutoff ? 0 : std::exp(-exponent);
  }
  void average(int64_t y, int64_t x, Planes& result) const {
    const int64_t reach = o_.search / 2, a = o_.aggregate / 2;
    double total = o_.own_weight * static_cast<double>(o_.aggregate * o_.aggregate);
    std::vector<double> sums(static_cast<size_t>(u_.channels));
    for (int64_t c = 0; c < u_.channels; ++c) sums[static_cast<size_t>(c)] = total * u_.at(c, y, x);
    for (int64_t down = -reach; down <= reach; ++down) {
      for (int64_t right = -reach; right <= reach; ++right) {
        if ((down == 0 && right == 0) || !inside(y + down, x + right)) continue;
        double w = 0;
        for (int64_t i = -a; i <= a; ++i) {
          for (int64_t j = -a; j <= a; ++j) {
            if (inside(y + i, x + j) && inside(y + i + down, x + j + right))
              w += weight(y + i, x + j, down, right);
          }
        }
        total += w;
        for (int64_t c = 0; c < u_.channels; ++c)
          sums[static_cast<size_t>(c)] += w * u_.at(c, y + down, x + right);
      }
    }
    for (int64_t c = 0; c < u_.channels; ++c)
      result.at(c, y, x) = static_cast<float>(sums[static_cast<size_t>(c)] / total);
  }

  const Planes& u_;
  NonLocalMeansOptions o_;
};

NonLocalMeansOptions options_of(int64_t patch, int64_t search, PatchShape shape, int64_t aggregate) {
  NonLocalMeansOptions options;
  options.sigma = 12;
  options.strength = 14;
  options.patch = patch;
  options.search = search;
  options.shape = shape;
  options.aggregate = aggregate;
  options.threads = 1;
  options.own_weight = 0.7;
  return options;
}

TEST(NonLocalMeans, EqualsItsDefinitionOnOddSizes) {
  struct Case {
    int64_t channels, height, width, patch, search, aggregate;
  };
  const Case cases[] = {{1, 13, 17, 3, 5, 1},  {1, 33, 31, 5, 7, 3}, {1, 7, 40, 7, 9, 3},
                        {1, 40, 7, 7, 21, 1},  {1, 65, 9, 1, 5, 1},  {1, 16, 16, 9, 5, 5},
                        {3, 12, 19, 3, 7, 3},  {3, 9, 15, 5, 5, 1},  {2, 37, 18, 3, 11, 1},
                        {1, 11, 11, 11, 3, 11}};
  for (const Case& c : cases) {
    for (const PatchShape shape : {PatchShape::kBox, PatchShape::kGaussian}) {
      const Planes picture = test_picture(c.channels, c.height, c.width, 5);
      const auto options = options_of(c.patch, c.search, shape, c.aggregate);
      EXPECT_LT(largest_difference(non_local_means(picture, options), Naive(picture, options).run()),
                kTolerance)
          << c.channels << " x " << c.height << " x " << c.width << ", patch " << c.patch << ", search "
          << c.search << ", aggregate " << c.aggregate;
    }
  }
}

TEST(NonLocalMeans, EqualsItsDefinitionWiderThanABlockOfColumns) {
  const Planes picture = test_picture(1, 3, 1100, 6);
  const auto options = options_of(3, 5, PatchShape::kBox, 3);
  EXPECT_LT(largest_difference(non_local_means(picture, options), Naive(picture, options).run()), kTolerance);
}

TEST(NonLocalMeans, EqualsItsDefinitionWithPatchesOfManyRows) {
  const Planes picture = test_picture(1, 71, 70, 7);
  const auto options = options_of(69, 3, PatchShape::kGaussian, 1);
  EXPECT_LT(largest_difference(non_local_means(picture, options), Naive(picture, options).run()), kTolerance);
}

TEST(NonLocalMeans, ConstantPicturesStayConstant) {
  for (const int64_t side : {1, 2, 7, 40}) {
    Planes picture(3, side, side + 3);
    for (float& x : picture.pixels) x = 201;
    const auto options = non_local_means_options(20, picture);
    const Planes result = non_local_means(picture, options);
    EXPECT_EQ(to_image(result).pixels, to_image(picture).pixels);
    EXPECT_LT(largest_difference(result, picture), 1e-4f);
  }
}

TEST(NonLocalMeans, AShiftedPictureGivesAShiftedResultInside) {
  const Planes large = test_picture(1, 60, 70, 8);
  const auto crop = [&](int64_t top, int64_t left) {
    Planes part(1, 45, 50);
    for (int64_t y = 0; y < part.height; ++y) {
      for (int64_t x = 0; x < part.width; ++x) part.at(0, y, x) = large.at(0, y + top, x + left);
    }
    return part;
  };
  const auto options = options_of(5, 7, PatchShape::kBox, 3);
  const Planes first = non_local_means(crop(0, 0), options), second = non_local_means(crop(5, 9), options);
  const int64_t margin = 3 + 2 + 1;  // search, patch, aggregate
  for (int64_t y = margin; y < 45 - margin - 5; ++y) {
    for (int64_t x = margin; x < 50 - margin - 9; ++x)
      EXPECT_NEAR(first.at(0, y + 5, x + 9), second.at(0, y, x), 1e-3) << y << ", " << x;
  }
}

TEST(NonLocalMeans, ThreeEqualChannelsAreGrey) {
  const Planes grey = test_picture(1, 30, 41, 9);
  Planes colour(3, 30, 41);
  for (int64_t c = 0; c < 3; ++c)
    std::copy(grey.pixels.begin(), grey.pixels.end(), colour.pixels.begin() + c * 30 * 41);
  const auto options = options_of(5, 9, PatchShape::kGaussian, 3);
  const Planes one = non_local_means(grey, options), three = non_local_means(colour, options);
  for (int64_t c = 0; c < 3; ++c) {
    for (int64_t y = 0; y < 30; ++y) {
      for (int64_t x = 0; x < 41; ++x) EXPECT_NEAR(three.at(c, y, x), one.at(0, y, x), 1e-3);
    }
  }
}

TEST(NonLocalMeans, ThreadsChangeNoBit) {
  const Planes picture = test_picture(3, 150, 75, 10);
  auto options = non_local_means_options(12, picture);
  options.threads = 1;
  const Planes one = non_local_means(picture, options);
  for (const int threads : {2, 3, 8, 0}) {
    options.threads = threads;
    EXPECT_EQ(non_local_means(picture, options).pixels, one.pixels) << threads;
  }
}

TEST(NonLocalMeans, WithoutStrengthThePictureStays) {
  const Planes picture = test_picture(1, 20, 20, 11);
  EXPECT_EQ(non_local_means(picture, non_local_means_options(0, picture)).pixels, picture.pixels);
  auto options = options_of(3, 7, PatchShape::kBox, 1);
  options.strength = 0;
  EXPECT_EQ(non_local_means(picture, options).pixels, picture.pixels);
  // Without sigma it is the filter of 2005, which subtracts nothing from distances.
  options.strength = 20;
  options.sigma = 0;
  EXPECT_LT(largest_difference(non_local_means(picture, options), Naive(picture, options).run()), kTolerance);
}

TEST(NonLocalMeans, APixelThatNothingIsLikeStays) {
  const Planes picture = rounded(test_picture(1, 15, 15, 12, 60));
  auto options = options_of(3, 5, PatchShape::kBox, 1);
  options.sigma = 0;
  options.strength = 1e-3;
  options.own_weight = 0;
  EXPECT_EQ(non_local_means(picture, options).pixels, picture.pixels);
}

TEST(NonLocalMeans, TakesPicturesOfOneRowOrPixel) {
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{1, 1}, {1, 50}, {50, 1}, {2, 3}}) {
    const Planes picture = test_picture(1, height, width, 13);
    auto options = non_local_means_options(12, picture);
    options.threads = 1;
    EXPECT_EQ(options.patch, 1) << height << " x " << width;
    EXPECT_LT(largest_difference(non_local_means(picture, options), Naive(picture, options).run()),
              kTolerance);
  }
}

TEST(NonLocalMeans, RemovesMostOfTheNoise) {
  const Planes clean = test_picture(1, 96, 96, 14, 0), noisy = test_picture(1, 96, 96, 14, 25);
  const auto error = [&](const Planes& picture) {
    double squares = 0;
    for (size_t i = 0; i < clean.pixels.size(); ++i)
      squares += std::pow(picture.pixels[i] - clean.pixels[i], 2);
    return squares / static_cast<double>(clean.pixels.size());
  };
  EXPECT_LT(error(non_local_means(noisy, non_local_means_options(25, noisy))), 0.25 * error(noisy));
  EXPECT_LT(error(non_local_means(noisy, exact_non_local_means_options(25, noisy))), 0.25 * error(noisy));
}

TEST(NonLocalMeans, RefusesWhatCannotBe) {
  const Planes picture = test_picture(1, 8, 30, 15);
  const auto refusal = [&](auto change, const Planes& of) {
    auto options = options_of(3, 5, PatchShape::kBox, 1);
    change(options);
    return error_of(ErrorKind::kUsage, [&] { non_local_means(of, options); });
  };
  using testing::HasSubstr;
  EXPECT_THAT(refusal([](auto& o) { o.patch = 4; }, picture),
              HasSubstr("patch: must be odd and at least 1, got 4"));
  EXPECT_THAT(refusal([](auto& o) { o.search = -1; }, picture), HasSubstr("search: must be odd"));
  EXPECT_THAT(refusal([](auto& o) { o.aggregate = 5; }, picture),
              HasSubstr("aggregate: must be at most the patch"));
  EXPECT_THAT(refusal([](auto& o) { o.patch = 9; }, picture),
              HasSubstr("patches of 9 x 9 pixels are larger than the image of 8 x 30"));
  EXPECT_THAT(refusal([](auto& o) { o.sigma = NAN; }, picture), HasSubstr("sigma: must be a number"));
  EXPECT_THAT(refusal([](auto& o) { o.strength = -1; }, picture), HasSubstr("strength: must be"));
  Planes broken = picture;
  broken.pixels[3] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(refusal([](auto&) {}, broken), HasSubstr("not finite"));
  EXPECT_THAT(refusal([](auto&) {}, Planes()), HasSubstr("no pixels"));
}

}  // namespace
}  // namespace heed::imaging
