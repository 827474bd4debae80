// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/lstm.h"

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/nn/modules/rnn.h>
#include <torch/utils.h>

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

TEST(LstmLayer, ExtremeInputsStayFinite) {
  LstmLayer layer(2, 9);
  const LstmSteps steps = layer->forward(at::full({3, 2, 2}, 1e6));
  EXPECT_TRUE(steps.output.isfinite().all().item<bool>());
  EXPECT_LE(steps.output.abs().max().item<double>(), 1);
}

}  // namespace
}  // namespace heed::nn
