// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/dropout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/autograd.h>

namespace heed::nn {
namespace {

at::Tensor dropped(const at::Tensor& input, double p, uint64_t seed = 5) {
  at::manual_seed(seed);
  return Dropout(p)->forward(input);
}

TEST(Dropout, DropsAShareAndScalesTheRest) {
  const auto output = dropped(at::ones({1000, 1003}), 0.3);
  const auto zero = output.eq(0);
  EXPECT_NEAR(zero.to(at::kFloat).mean().item<double>(), 0.3, 0.002);  // deviation 0.0005
  EXPECT_TRUE(output.masked_select(zero.logical_not()).allclose(at::tensor(1 / 0.7f)));
  // Neither rows nor columns are alike: shares of theirs spread as independent draws do.
  EXPECT_NEAR(zero.to(at::kDouble).mean(0).std().item<double>(), std::sqrt(0.21 / 1000), 0.002);
  EXPECT_NEAR(zero.to(at::kDouble).mean(1).std().item<double>(), std::sqrt(0.21 / 1003), 0.002);
}

TEST(Dropout, BackwardDropsTheSameElements) {
  for (const bool contiguous : {true, false}) {
    auto input = at::randn({37, 19}).requires_grad_();
    const auto given = contiguous ? input : input.t();
    at::manual_seed(9);
    const auto output = Dropout(0.5)->forward(given);
    const auto weight = at::randn_like(output);
    const auto gradient = torch::autograd::grad({(output * weight).sum()}, {input})[0];
    const auto factor = at::where(output.eq(0), 0.0, 2.0);
    const auto expected = contiguous ? weight * factor : (weight * factor).t();
    EXPECT_TRUE(gradient.allclose(expected));
  }
}

TEST(Dropout, AddsToTheResidualInOnePass) {
  auto input = at::randn({5, 7, 11}).requires_grad_(), residual = at::randn({5, 7, 11}).requires_grad_();
  at::manual_seed(3);
  const auto expected = residual + Dropout(0.2)->forward(input);
  at::manual_seed(3);
  const auto output = Dropout(0.2)->add_to(residual, input);
  EXPECT_TRUE(at::equal(output, expected));
  const auto a = torch::autograd::grad({output.square().sum()}, {input, residual});
  const auto b = torch::autograd::grad({expected.square().sum()}, {input, residual});
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(at::equal(a[i], b[i]));
}

TEST(Dropout, IsAFunctionOfTheSeedWhateverTheThreads) {
  const auto input = at::randn({300, 500});
  const auto residual = at::randn({300, 500});
  const auto added = [&] {
    at::manual_seed(5);
    return Dropout(0.1)->add_to(residual, input);
  };
  at::set_num_threads(1);
  const auto one = dropped(input, 0.1), sum = added();
  at::set_num_threads(4);
  const auto four = dropped(input, 0.1);
  EXPECT_TRUE(at::equal(added(), sum));
  at::set_num_threads(3);  // cuts inside a vector
  EXPECT_TRUE(at::equal(added(), sum));
  at::set_num_threads(1);
  EXPECT_TRUE(at::equal(one, four));
  EXPECT_FALSE(at::equal(one, dropped(input, 0.1, 6)));
}

TEST(Dropout, DoesNothingInEvalModeAndTakesOtherDtypesToLibtorch) {
  const auto input = at::randn({10});
  Dropout dropout(0.5);
  dropout->eval();
  EXPECT_TRUE(dropout->forward(input).is_same(input));
  EXPECT_TRUE(at::equal(dropout->add_to(input, input), input + input));
  const auto half = dropped(at::ones({1000}, at::kBFloat16), 0.5);
  EXPECT_EQ(half.scalar_type(), at::kBFloat16);
  EXPECT_NEAR(half.eq(0).to(at::kFloat).mean().item<double>(), 0.5, 0.1);
  EXPECT_THROW(Dropout(1.0), c10::Error);
}

}  // namespace
}  // namespace heed::nn
