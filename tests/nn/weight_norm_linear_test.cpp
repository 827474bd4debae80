// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/weight_norm_linear.h"

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/utils.h>

namespace heed::nn {
namespace {

at::Tensor expected(const WeightNormLinear& layer, const at::Tensor& x) {
  const auto parameters = layer->named_parameters();
  const at::Tensor v = parameters["direction"];
  const at::Tensor weight = parameters["length"] * v / v.norm(2, 1, true);
  return at::linear(x, weight, parameters["bias"]);
}

TEST(WeightNormLinear, RowsHaveALengthAndADirection) {
  torch::manual_seed(1);
  WeightNormLinear layer(7, 5, 0.3);
  const at::Tensor x = at::randn({40, 7});
  EXPECT_LT(difference(layer->forward(x), expected(layer, x)), 1e-5);
}

TEST(WeightNormLinear, WhatIsKeptForInferenceFollowsTheParameters) {
  torch::manual_seed(1);
  const at::NoGradGuard no_grad;
  WeightNormLinear layer(7, 5, 0.3);
  layer->eval();
  const at::Tensor x = at::randn({40, 7});
  for (const char* name : {"length", "direction", "bias"}) {
    layer->forward(x);
    layer->named_parameters()[name].mul_(2).add_(0.1);
    EXPECT_LT(difference(layer->forward(x), expected(layer, x)), 1e-5) << name;
  }
}

}  // namespace
}  // namespace heed::nn
