// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/layer_norm.h"

#include <limits>

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace heed::nn {
namespace {

/// With weights and biases that are not those of the beginning.
torch::nn::LayerNorm make_norm(int64_t width, double epsilon = 1e-5) {
  torch::nn::LayerNorm norm(torch::nn::LayerNormOptions({width}).eps(epsilon));
  const at::NoGradGuard no_grad;
  norm->weight.normal_();
  norm->bias.normal_();
  return norm;
}

at::Tensor expected(const at::Tensor& input, const torch::nn::LayerNorm& norm) {
  const at::Tensor wide = input.to(at::kDouble);
  return at::layer_norm(wide, {input.size(-1)}, norm->weight.to(at::kDouble), norm->bias.to(at::kDouble),
                        norm->options.eps());
}

class EveryWidth : public testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { norm = make_norm(GetParam()); }
  torch::nn::LayerNorm norm{nullptr};
};

TEST_P(EveryWidth, EqualsLibtorchsInFloat64) {
  const at::NoGradGuard no_grad;
  for (const double deviation : {1e-2, 1.0, 50.0}) {
    const at::Tensor x = at::randn({3, 5, GetParam()}) * deviation + deviation;
    EXPECT_LT(difference(layer_norm(x, norm), expected(x, norm)), 2e-5) << deviation;
  }
}

TEST_P(EveryWidth, WithTheResidualItIsTheSumAndTheNormOfIt) {
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::randn({4, GetParam()}), y = at::randn({4, GetParam()}) * 3;
  const Normed both = add_layer_norm(x, y, norm);
  EXPECT_TRUE(both.sum.equal(x + y));
  EXPECT_TRUE(both.normed.equal(layer_norm(x + y, norm))) << "in one pass or in two: the same bits";
  EXPECT_LT(difference(both.normed, expected(x + y, norm)), 2e-5);
}

TEST_P(EveryWidth, ARowsBitsDependNeitherOnTheRowsBesideItNorOnThreads) {
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::randn({301, GetParam()}), y = at::randn({301, GetParam()});
  const at::Tensor together = layer_norm(x, norm), added = add_layer_norm(x, y, norm).normed;
  for (const int64_t row : {0, 1, 150, 300}) {
    EXPECT_TRUE(layer_norm(x[row].clone(), norm).equal(together[row])) << row;
    EXPECT_TRUE(add_layer_norm(x[row].clone(), y[row].clone(), norm).normed.equal(added[row])) << row;
  }
  for (const int threads : {2, 3, 5}) {
    at::set_num_threads(threads);
    EXPECT_TRUE(layer_norm(x, norm).equal(together)) << threads;
    EXPECT_TRUE(add_layer_norm(x, y, norm).normed.equal(added)) << threads;
  }
  at::set_num_threads(1);
}

TEST_P(EveryWidth, AMeanFarFromZeroCostsNoMoreThanTheRoundingOfTheInput) {
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::randn({6, GetParam()}) + 1000;  // steps of 6e-5
  EXPECT_LT(difference(layer_norm(x, norm), expected(x, norm)), GetParam() < 15 ? 1e-2 : 2e-3);
}

INSTANTIATE_TEST_SUITE_P(Widths, EveryWidth, testing::Values(1, 3, 15, 16, 17, 33, 512));

TEST(LayerNorm, TakesWhatIsNotSideBySideAndNoRows) {
  const at::NoGradGuard no_grad;
  torch::nn::LayerNorm norm = make_norm(19);
  const at::Tensor x = at::randn({5, 4, 19}), turned = x.transpose(0, 1),
                   part = at::randn({4, 40}).narrow(1, 7, 19);
  EXPECT_TRUE(layer_norm(turned, norm).equal(layer_norm(turned.contiguous(), norm)));
  EXPECT_TRUE(layer_norm(part, norm).equal(layer_norm(part.contiguous(), norm)));
  const Normed both = add_layer_norm(part, x[0].narrow(0, 0, 4), norm);
  EXPECT_TRUE(both.sum.equal(part + x[0]));
  EXPECT_EQ(layer_norm(x.narrow(0, 0, 0), norm).sizes(), at::IntArrayRef({0, 4, 19}));
  EXPECT_EQ(add_layer_norm(part.narrow(0, 0, 0), part.narrow(0, 0, 0), norm).sum.size(0), 0);
}

TEST(LayerNorm, LeavesItsInputsAlone) {
  const at::NoGradGuard no_grad;
  torch::nn::LayerNorm norm = make_norm(8);
  const at::Tensor x = at::randn({3, 8}), y = at::randn({3, 8}), x_before = x.clone(), y_before = y.clone();
  layer_norm(x, norm);
  add_layer_norm(x, y, norm);
  EXPECT_TRUE(x.equal(x_before) && y.equal(y_before));
}

TEST(LayerNorm, TakesTheEpsilonOfTheNorm) {
  const at::NoGradGuard no_grad;
  torch::nn::LayerNorm norm = make_norm(12, 0.5);
  const at::Tensor x = at::randn({4, 12}) * 0.3;
  EXPECT_LT(difference(layer_norm(x, norm), expected(x, norm)), 1e-5);
}

TEST(LayerNorm, RowsOfOneNumberOverAndOverAreTheBias) {
  const at::NoGradGuard no_grad;
  torch::nn::LayerNorm norm = make_norm(33);
  EXPECT_LT(difference(layer_norm(at::full({2, 33}, 7.0f), norm)[1], norm->bias), 1e-5);
}

TEST(LayerNorm, KeepsTheGradientWhereThereIsOne) {
  torch::nn::LayerNorm norm = make_norm(16);
  const at::Tensor x = at::randn({3, 16}).requires_grad_(), y = at::randn({3, 16}).requires_grad_();
  const Normed both = add_layer_norm(x, y, norm);
  (both.sum.sum() + both.normed.square().sum() + layer_norm(x, norm).sum()).backward();
  EXPECT_TRUE(x.grad().defined() && y.grad().defined() && norm->weight.grad().defined());
  EXPECT_LT(difference(both.normed, expected(x + y, norm)), 1e-5);
}

TEST(LayerNorm, TakesOtherTypesWithoutAGradientToo) {
  const at::NoGradGuard no_grad;
  torch::nn::LayerNorm norm = make_norm(16);
  const at::Tensor x = at::randn({3, 16});
  const at::Tensor exact = expected(x + x, norm);
  for (const auto type : {at::kDouble, at::kBFloat16}) {
    norm->to(type);
    const Normed both = add_layer_norm(x.to(type), x.to(type), norm);
    EXPECT_EQ(both.normed.scalar_type(), type);
    EXPECT_LT(difference(both.normed, exact), type == at::kDouble ? 1e-6 : 0.1);
    EXPECT_LT(difference(layer_norm((x + x).to(type), norm), exact), type == at::kDouble ? 1e-6 : 0.1);
  }
}

TEST(LayerNorm, WithoutWeightsOrWithoutABiasItIsLibtorchs) {
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::randn({3, 16});
  torch::nn::LayerNorm plain(torch::nn::LayerNormOptions({16}).elementwise_affine(false));
  EXPECT_LT(difference(layer_norm(x, plain), at::layer_norm(x.to(at::kDouble), {16})), 1e-5);
  EXPECT_LT(difference(add_layer_norm(x, x, plain).normed, at::layer_norm(2 * x.to(at::kDouble), {16})),
            1e-5);
}

TEST(LayerNorm, WhatIsNotFiniteStaysInItsRow) {
  const at::NoGradGuard no_grad;
  torch::nn::LayerNorm norm = make_norm(17);
  at::Tensor x = at::randn({3, 17});
  const at::Tensor before = layer_norm(x, norm);
  x[1][5] = std::numeric_limits<float>::quiet_NaN();
  const at::Tensor after = layer_norm(x, norm);
  EXPECT_TRUE(after[0].equal(before[0]) && after[2].equal(before[2]));
  EXPECT_TRUE(after[1].isnan().all().item<bool>());
}

}  // namespace
}  // namespace heed::nn
