// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/int8_product.h"

#include <limits>

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/utils.h>

namespace heed::nn {
namespace {

double relative(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).norm().item<double>() / b.norm().item<double>();
}

/// numbers' rows on levels -count ... count of their largest, in float64.
at::Tensor rounded(const at::Tensor& numbers, double count) {
  const at::Tensor wide = numbers.to(at::kDouble);
  const at::Tensor scale = wide.abs().amax(1, /*keepdim=*/true) / count;
  return at::where(scale > 0, (wide / scale).round() * scale, at::zeros_like(wide));
}

class Int8Product : public testing::Test {
 protected:
  Int8Product() { torch::manual_seed(5); }
};

TEST_F(Int8Product, IsTheProductOfWhatWasRoundedAtEverySize) {
  for (const int64_t rows : {1, 2, 5, 6, 7, 25, 100}) {
    for (const int64_t in : {1, 3, 4, 17, 64, 515}) {
      for (const int64_t out : {1, 15, 16, 17, 33, 130}) {
        SCOPED_TRACE(testing::Message() << rows << " x " << in << " x " << out);
        const at::Tensor x = at::randn({rows, in}), w = at::randn({out, in}), bias = at::randn({out});
        const at::Tensor expected = rounded(x, 63).mm(rounded(w, 127).t());
        // A level more or less where halves meet.
        EXPECT_LT(relative(int8_product(x, quantize_weight(w), bias), expected + bias), 2e-3);
        EXPECT_LT(relative(int8_product(x, quantize_weight(w), {}), expected), 2e-3);
      }
    }
  }
}

// Whole numbers up to 63 and 127 are levels: nothing is rounded.
TEST_F(Int8Product, OfWholeNumbersIsExact) {
  const at::Tensor x = at::randint(-63, 64, {50, 300}).to(at::kFloat),
                   w = at::randint(-127, 128, {70, 300}).to(at::kFloat);
  x.select(1, 7).fill_(63);
  w.select(1, 9).fill_(-127);
  const at::Tensor expected = x.to(at::kDouble).mm(w.to(at::kDouble).t());
  EXPECT_LT(difference(int8_product(x, quantize_weight(w), {}), expected),
            1e-6 * expected.abs().max().item<double>());
}

TEST_F(Int8Product, TheLargestPairsDoNotOverflow) {
  const at::Tensor x = at::full({13, 64}, 5.0), w = at::full({17, 64}, 3.0);
  EXPECT_LT(difference(int8_product(x, quantize_weight(w), {}), at::full({13, 17}, 960.0)), 1e-3);
  EXPECT_LT(difference(int8_product(-x, quantize_weight(w), {}), at::full({13, 17}, -960.0)), 1e-3);
}

TEST_F(Int8Product, ErrsByAboutAHundredthOfGaussianNumbers) {
  const at::Tensor x = at::randn({64, 512}), w = at::randn({256, 512}), exact = x.mm(w.t());
  EXPECT_LT(relative(int8_product(x, quantize_weight(w), {}), exact), 0.025);
}

TEST_F(Int8Product, ARowsBitsDependOnThatRowAlone) {
  const Int8Weight weight = quantize_weight(at::randn({700, 96}));
  const at::Tensor x = at::randn({230, 96}), bias = at::randn({700}), whole = int8_product(x, weight, bias);
  for (const int64_t row : {0, 1, 113, 229})
    EXPECT_TRUE(int8_product(x.narrow(0, row, 1), weight, bias)[0].equal(whole[row])) << row;
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  EXPECT_TRUE(int8_product(x, weight, bias).equal(whole));
  at::set_num_threads(threads);
}

TEST_F(Int8Product, RowsOfZerosAndStridedRowsAreTaken) {
  const at::Tensor w = at::randn({20, 12}), wide = at::randn({8, 30}), x = wide.narrow(1, 5, 12);
  const Int8Weight weight = quantize_weight(w);
  EXPECT_TRUE(int8_product(x, weight, {}).equal(int8_product(x.contiguous(), weight, {})));
  EXPECT_TRUE(
      int8_product(x.t().contiguous().t(), weight, {}).equal(int8_product(x.contiguous(), weight, {})));
  EXPECT_EQ(int8_product(at::zeros({3, 12}), weight, {}).abs().max().item<double>(), 0);
  EXPECT_EQ(int8_product(x, quantize_weight(at::zeros({4, 12})), {}).abs().max().item<double>(), 0);
}

TEST_F(Int8Product, WhatIsNotFiniteShows) {
  const Int8Weight weight = quantize_weight(at::randn({20, 12}));
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const at::Tensor x = at::randn({3, 12});
    x[1][11].fill_(bad);
    const at::Tensor finite = int8_product(x, weight, {}).isfinite();
    EXPECT_TRUE(finite[0].all().item<bool>());
    EXPECT_FALSE(finite[1].any().item<bool>());
  }
}

}  // namespace
}  // namespace heed::nn
