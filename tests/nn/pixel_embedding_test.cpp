// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/pixel_embedding.h"

#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/tensor.h>

#include "heed/nn/positions.h"

namespace heed::nn {
namespace {

PixelEmbedding make(const std::string& position, bool whole_pixels = false, int64_t scale = 1) {
  at::manual_seed(5);
  PixelEmbeddingOptions options{.height = 4, .width = 6, .channels = 3};
  options.position = position;
  options.whole_pixels = whole_pixels;
  options.d_model = 16;
  options.row_scale = options.column_scale = scale;
  return PixelEmbedding(options);
}

TEST(PixelEmbedding, ANumberIsAnotherVectorInEachChannel) {
  const at::NoGradGuard no_gradient;
  auto embedding = make("none");
  const at::Tensor places = at::arange(6, at::kLong);  // two pixels
  const at::Tensor embedded = embedding->values(at::full({1, 6, 1}, 77, at::kByte), places)[0];
  EXPECT_TRUE(embedded.narrow(0, 0, 3).equal(embedded.narrow(0, 3, 3)));
  EXPECT_FALSE(embedded[0].equal(embedded[1]));
  EXPECT_FALSE(embedded[1].equal(embedded[2]));
}

TEST(PixelEmbedding, AWholePixelIsTheSumOfItsValuesOverTheRootOfTheirNumber) {
  const at::NoGradGuard no_gradient;
  auto single = make("none"), whole = make("none", true);
  const at::Tensor pixels = at::randint(256, {2, 5, 3}, at::kByte);
  const at::Tensor values = single->values(pixels.reshape({2, 15, 1}), at::arange(15, at::kLong));
  const at::Tensor expected = values.unflatten(1, {5, 3}).sum(2) / std::sqrt(3.0);
  EXPECT_TRUE(at::allclose(whole->values(pixels, at::arange(5, at::kLong)), expected, 1e-5, 1e-5));
}

TEST(PixelEmbedding, HalfOfTheSinusoidsSayTheRowAndHalfTheColumnAndChannel) {
  const at::NoGradGuard no_gradient;
  const int64_t row = 2, column = 5, channel = 1;
  const at::Tensor place = at::tensor({(row * 6 + column) * 3 + channel}, at::kLong);
  const at::Tensor found = make("sinusoidal")->places(place)[0];
  EXPECT_TRUE(found.narrow(0, 0, 8).equal(sinusoidal_positions(at::tensor({row}, at::kLong), 8)[0]));
  const at::Tensor along = at::tensor({column * 3 + channel}, at::kLong);
  EXPECT_TRUE(found.narrow(0, 8, 8).equal(sinusoidal_positions(along, 8)[0]));
}

TEST(PixelEmbedding, ASmallerImageIsEncodedWhereItLiesInTheLargerOne) {
  const at::NoGradGuard no_gradient;
  PixelEmbeddingOptions larger{.height = 16, .width = 24, .channels = 3};
  larger.d_model = 16;
  const at::Tensor small = at::tensor({(3 * 6 + 2) * 3 + 1}, at::kLong);
  const at::Tensor large = at::tensor({((3 * 4 + 2) * 24 + 2 * 4 + 2) * 3 + 1}, at::kLong);
  EXPECT_TRUE(make("sinusoidal", false, 4)->places(small).equal(PixelEmbedding(larger)->places(large)));
}

TEST(PixelEmbedding, LearnedPlacesAreTheSumOfRowColumnAndChannel) {
  const at::NoGradGuard no_gradient;
  auto embedding = make("learned");
  const at::Tensor places = embedding->places(at::arange(72, at::kLong)).view({4, 6, 3, 16});
  EXPECT_TRUE(at::allclose(places[1][2][0] - places[1][2][2], places[3][5][0] - places[3][5][2], 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(places[0][2][1] - places[2][2][1], places[0][4][0] - places[2][4][0], 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(places[0][0][0], places[1][0][0]));
}

TEST(PixelEmbedding, WrongSizesAreErrors) {
  auto embedding = make("none");
  EXPECT_ANY_THROW(embedding->values(at::full({1, 6, 3}, 1, at::kByte), at::arange(6, at::kLong)));
  EXPECT_ANY_THROW(embedding->values(at::full({1, 5, 1}, 1, at::kByte), at::arange(6, at::kLong)));
  PixelEmbeddingOptions odd{.height = 1, .width = 1, .channels = 1};
  odd.d_model = 6;
  EXPECT_ANY_THROW(PixelEmbedding{odd});
}

}  // namespace
}  // namespace heed::nn
