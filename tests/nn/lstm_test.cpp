// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/lstm.h"

#include <tuple>
#include <utility>
#include <vector>

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/nn/modules/rnn.h>
#include <torch/utils.h>

#include "heed/nn/autocast.h"

namespace heed::nn {
namespace {

/// libtorch's layer with the same weights, in float64.
torch::nn::LSTM twin(const LstmLayer& layer, int64_t input) {
  const at::NoGradGuard no_grad;
  torch::nn::LSTM lstm(torch::nn::LSTMOptions(input, layer->hidden()));
  lstm->to(at::kDouble);
  auto theirs = lstm->named_parameters();
  const auto ours = layer->named_parameters();
  theirs["weight_ih_l0"].copy_(ours["input.weight"]);
  theirs["weight_hh_l0"].copy_(ours["recurrent"]);
  theirs["bias_ih_l0"].copy_(ours["input.bias"]);
  theirs["bias_hh_l0"].zero_();
  return lstm;
}

TEST(LstmLayer, EqualsLibtorchsInFloat64WithItsGradientsAtOddSizes) {
  for (const auto& [input, hidden] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {5, 7}, {16, 16}, {30, 17}, {64, 40}}) {
    for (const int64_t length : {1, 2, 9}) {
      torch::manual_seed(2);
      LstmLayer layer(input, hidden);
      auto other = twin(layer, input);
      const at::Tensor x = at::randn({length, 3, input}).requires_grad_(true);
      const at::Tensor y = x.detach().to(at::kDouble).requires_grad_(true);
      const at::Tensor begin = at::randn({3, hidden}), cell = at::randn({3, hidden});
      const LstmSteps steps = layer->forward(x, {begin, cell});
      const auto [expected, carry] = other->forward(
          y, std::make_tuple(begin.to(at::kDouble).unsqueeze(0), cell.to(at::kDouble).unsqueeze(0)));
      ASSERT_LT(difference(steps.output, expected), 1e-5) << input << " " << hidden << " " << length;
      ASSERT_LT(difference(steps.cell[length - 1], std::get<1>(carry)[0]), 1e-5);

      const at::Tensor weight = at::randn_like(steps.output), last = at::randn({3, hidden});
      ((steps.output * weight).sum() + (steps.cell[length - 1] * last).sum()).backward();
      ((expected * weight).sum() + (std::get<1>(carry)[0] * last).sum()).backward();
      ASSERT_LT(difference(x.grad(), y.grad()), 2e-4);
      const auto ours = layer->named_parameters();
      auto theirs = other->named_parameters();
      ASSERT_LT(difference(ours["input.weight"].grad(), theirs["weight_ih_l0"].grad()), 2e-4);
      ASSERT_LT(difference(ours["recurrent"].grad(), theirs["weight_hh_l0"].grad()), 2e-4);
      ASSERT_LT(difference(ours["input.bias"].grad(), theirs["bias_ih_l0"].grad()), 2e-4);
    }
  }
}

TEST(LstmLayer, WindowsEqualARunOverEachWindowInFloat64WithItsGradients) {
  for (const int64_t window : {1, 2, 7}) {
    for (const int64_t length : {1, 3, 9}) {
      torch::manual_seed(5);
      LstmLayer layer(6, 11);
      auto other = twin(layer, 6);
      const at::Tensor x = at::randn({length, 3, 6}).requires_grad_(true);
      const at::Tensor y = x.detach().to(at::kDouble).requires_grad_(true);
      const at::Tensor padded = at::cat({at::zeros({window - 1, 3, 6}, at::kDouble), y});
      std::vector<at::Tensor> expected;
      for (int64_t t = 0; t < length; ++t)
        expected.push_back(std::get<0>(other->forward(padded.narrow(0, t, window)))[window - 1]);
      const at::Tensor found = layer->windows(x, window), whole = at::stack(expected);
      ASSERT_LT(difference(found, whole), 1e-6) << window << " " << length;

      const at::Tensor weight = at::randn_like(found);
      (found * weight).sum().backward();
      (whole * weight).sum().backward();
      ASSERT_LT(difference(x.grad(), y.grad()), 1e-5) << window << " " << length;
      const auto ours = layer->named_parameters();
      auto theirs = other->named_parameters();
      ASSERT_LT(difference(ours["input.weight"].grad(), theirs["weight_ih_l0"].grad()), 1e-5);
      ASSERT_LT(difference(ours["input.bias"].grad(), theirs["bias_ih_l0"].grad()), 1e-5);
      if (window == 1) continue;  // no step has an output before it
      ASSERT_LT(difference(ours["recurrent"].grad(), theirs["weight_hh_l0"].grad()), 1e-5);
    }
  }
}

TEST(LstmLayer, WindowsInFloat64EqualThoseInFloat32) {
  torch::manual_seed(6);
  LstmLayer layer(6, 11);
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::randn({5, 2, 6}), found = layer->windows(x, 3);
  layer->to(at::kDouble);
  EXPECT_LT(difference(found, layer->windows(x.to(at::kDouble), 3)), 1e-6);
}

TEST(LstmLayer, DropsTheSameRecurrentWeightsAtEveryStepInTrainingAlone) {
  torch::manual_seed(7);
  LstmLayer layer(3, 8, 0.5);
  const at::Tensor x = at::randn({4, 2, 3});
  layer->eval();
  const at::Tensor whole = layer->forward(x).output;
  EXPECT_TRUE(layer->forward(x).output.equal(whole));
  layer->train();
  torch::manual_seed(8);
  const at::Tensor dropped = layer->forward(x).output;
  EXPECT_TRUE(dropped[0].equal(whole[0])) << "the first step has no output before it";
  EXPECT_GT(difference(dropped[1], whole[1]), 1e-3);
  dropped.sum().backward();
  // The dropped weights are those without a gradient: about half. The others' values count twice.
  const at::Tensor kept = layer->named_parameters()["recurrent"].grad().ne(0);
  EXPECT_NEAR(kept.to(at::kFloat).mean().item<double>(), 0.5, 0.15);
  const at::NoGradGuard no_grad;
  layer->named_parameters()["recurrent"].mul_(kept).mul_(2);
  layer->eval();
  EXPECT_LT(difference(layer->forward(x).output, dropped), 1e-6);
}

TEST(LstmLayer, StepsEqualTheFullPassInFloat32AndFloat64) {
  for (const auto type : {at::kFloat, at::kDouble}) {
    torch::manual_seed(3);
    LstmLayer layer(6, 11);
    layer->to(type);
    const at::NoGradGuard no_grad;
    const at::Tensor x = at::randn({5, 2, 6}, type);
    const LstmSteps whole = layer->forward(x);
    LstmCarry carry{at::zeros({2, 11}, type), at::zeros({2, 11}, type)};
    for (int64_t t = 0; t < 5; ++t) {
      carry = layer->step(x[t], carry);
      EXPECT_LT(difference(carry.output, whole.output[t]), 1e-6);
      EXPECT_LT(difference(carry.cell, whole.cell[t]), 1e-6);
    }
  }
}

TEST(LstmLayer, GradientsFlowIntoTheFirstCarry) {
  torch::manual_seed(4);
  LstmLayer layer(3, 5), exact(3, 5);
  {
    const at::NoGradGuard no_grad;
    auto to = exact->named_parameters();
    for (const auto& parameter : layer->named_parameters()) to[parameter.key()].copy_(parameter.value());
  }
  exact->to(at::kDouble);
  const at::Tensor x = at::randn({4, 2, 3}), output = at::randn({2, 5}), cell = at::randn({2, 5});
  std::vector<at::Tensor> grads;
  for (auto& [module, type] :
       std::vector<std::pair<LstmLayer, at::ScalarType>>{{layer, at::kFloat}, {exact, at::kDouble}}) {
    const at::Tensor h = output.to(type).clone().requires_grad_(true),
                     c = cell.to(type).clone().requires_grad_(true);
    module->forward(x.to(type), {h, c}).output.square().sum().backward();
    grads.push_back(h.grad());
    grads.push_back(c.grad());
  }
  EXPECT_LT(difference(grads[0], grads[2]), 1e-5);
  EXPECT_LT(difference(grads[1], grads[3]), 1e-5);
}

TEST(LstmLayer, UnderAutocastStaysNearFloat32InItsType) {
  torch::manual_seed(9);
  LstmLayer layer(6, 11);
  const at::Tensor x = at::randn({5, 2, 6});
  const at::Tensor whole = layer->forward(x).output, windows = layer->windows(x, 3);
  const AutocastGuard autocast(at::kCPU, at::kBFloat16);
  for (const auto& [found, exact] :
       {std::pair(layer->forward(x).output, whole), std::pair(layer->windows(x, 3), windows)}) {
    EXPECT_EQ(found.scalar_type(), at::kFloat);
    EXPECT_LT(difference(found, exact), 0.02);
    EXPECT_GT(difference(found, exact), 0);
  }
}

TEST(LstmLayer, ExtremeInputsStayFinite) {
  LstmLayer layer(2, 9);
  const LstmSteps steps = layer->forward(at::full({3, 2, 2}, 1e6));
  EXPECT_TRUE(steps.output.isfinite().all().item<bool>());
  EXPECT_LE(steps.output.abs().max().item<double>(), 1);
}

}  // namespace
}  // namespace heed::nn
