// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/linear_cross_entropy.h"

#include <limits>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/autograd.h>
#include <torch/nn/functional/loss.h>
#include <torch/utils.h>

namespace heed::nn {
namespace {

struct Case {
  at::Tensor hidden, weight, bias, target;
  at::Tensor loss(double smoothing) const {
    return linear_cross_entropy(hidden, weight, bias, target, smoothing);
  }
  /// libtorch's operations in float64.
  at::Tensor plain(double smoothing) const {
    namespace F = torch::nn::functional;
    at::Tensor logits = hidden.to(at::kDouble).mm(weight.to(at::kDouble).t());
    if (bias.defined()) logits = logits + bias.to(at::kDouble);
    return F::cross_entropy(logits, target,
                            F::CrossEntropyFuncOptions().reduction(torch::kSum).label_smoothing(smoothing));
  }
};

Case random_case(int64_t rows, int64_t in, int64_t classes, bool with_bias) {
  torch::manual_seed(rows + 10 * classes);
  Case c;
  c.hidden = at::randn({rows, in}).requires_grad_();
  c.weight = at::randn({classes, in}).requires_grad_();
  if (with_bias) c.bias = at::randn({classes}).requires_grad_();
  c.target = at::randint(classes, {rows}, at::kLong);
  return c;
}

double relative(const at::Tensor& a, const at::Tensor& b) {
  const double scale = b.abs().max().item<double>() + 1e-30;
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>() / scale;
}

void expect_like_libtorch(const Case& c, double smoothing) {
  torch::autograd::variable_list inputs{c.hidden, c.weight};
  if (c.bias.defined()) inputs.push_back(c.bias);
  const at::Tensor ours = c.loss(smoothing), theirs = c.plain(smoothing);
  EXPECT_LT(relative(ours, theirs), 1e-5);
  const auto a = torch::autograd::grad({ours * 0.5}, inputs),
             b = torch::autograd::grad({theirs * 0.5}, inputs);
  for (size_t i = 0; i < a.size(); ++i) EXPECT_LT(relative(a[i], b[i]), 2e-5) << "gradient " << i;
}

TEST(LinearCrossEntropy, IsLibtorchsInLossAndGradientsAtOddSizes) {
  for (const int64_t rows : {1, 3, 65}) {
    for (const int64_t classes : {2, 7, 8, 17, 131}) {
      for (const double smoothing : {0.0, 0.1}) {
        for (const bool bias : {false, true}) {
          SCOPED_TRACE(testing::Message()
                       << rows << " rows, " << classes << " classes, smoothing " << smoothing);
          expect_like_libtorch(random_case(rows, 9, classes, bias), smoothing);
        }
      }
    }
  }
}

TEST(LinearCrossEntropy, SeveralSlicesAreOneSum) {
  expect_like_libtorch(random_case(700, 5, 8200, true), 0.1);  // slices of 256 rows
}

TEST(LinearCrossEntropy, TheNumberOfThreadsChangesNotOneBit) {
  const Case c = random_case(600, 24, 1000, true);
  const auto run = [&] {
    const at::Tensor loss = c.loss(0.1);
    auto result = torch::autograd::grad({loss}, {c.hidden, c.weight, c.bias});
    result.push_back(loss);
    return result;
  };
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const auto one = run();
  at::set_num_threads(2);
  const auto two = run();
  at::set_num_threads(threads);
  for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(one[i].equal(two[i])) << i;
}

TEST(LinearCrossEntropy, HugeLogitsStayFiniteAndNotANumberShows) {
  Case c = random_case(4, 3, 20, false);
  c.hidden = (at::randn({4, 3}) * 1e4).requires_grad_();
  EXPECT_TRUE(c.loss(0.1).isfinite().item<bool>());
  EXPECT_TRUE(torch::autograd::grad({c.loss(0.1)}, {c.hidden})[0].isfinite().all().item<bool>());
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const at::Tensor hidden = at::ones({4, 3});
    hidden[2][1].fill_(bad);
    c.hidden = hidden;
    EXPECT_FALSE(c.loss(0).isfinite().item<bool>());
  }
}

TEST(LinearCrossEntropy, RefusesWhatItCannotTake) {
  const Case c = random_case(4, 3, 20, true);
  const auto loss = [&](const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& target,
                        double smoothing) {
    return linear_cross_entropy(hidden, weight, {}, target, smoothing);
  };
  EXPECT_THROW(loss(c.hidden.to(at::kDouble), c.weight, c.target, 0), c10::Error);
  EXPECT_THROW(loss(at::ones({4, 2}), c.weight, c.target, 0), c10::Error);
  EXPECT_THROW(loss(c.hidden, c.weight, at::full({4}, 20, at::kLong), 0), c10::Error);
  EXPECT_THROW(loss(c.hidden, c.weight, at::full({4}, -1, at::kLong), 0), c10::Error);
  EXPECT_THROW(loss(c.hidden, c.weight, c.target.narrow(0, 0, 3), 0), c10::Error);
  EXPECT_THROW(loss(c.hidden, c.weight, c.target, 1.5), c10::Error);
}

}  // namespace
}  // namespace heed::nn
