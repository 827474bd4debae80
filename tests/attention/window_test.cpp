// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "window_cases.h"
#include <gtest/gtest.h>

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include "heed/attention/window_formula.h"
#include "heed/attention/window_op.h"
#include "heed/attention/window_reference.h"

namespace heed::attention::testing {
namespace {

/// Largest difference of outputs, logsumexp and gradients from the reference in float64 on the same numbers,
/// in units of the largest. float32 sums up to 41 x 4 queries in another order; bfloat16 is summed in float32
/// and rounded once (2^-9 of a number).
struct Tolerance {
  at::ScalarType dtype;
  double value;
};
constexpr Tolerance kTolerances[] = {{at::kDouble, 1e-12}, {at::kFloat, 2e-5}, {at::kBFloat16, 4e-3}};

class WindowAttention : public ::testing::Test {
 protected:
  void SetUp() override { at::set_num_threads(1); }
};

void expect_operator_equals_reference(WindowCase c, const Tolerance& tolerance) {
  c.dtype = tolerance.dtype;
  const auto expected = run_window(c, make_window_tensors(c, at::kDouble), WindowBy::kReference);
  const auto got = run_window(c, make_window_tensors(c), WindowBy::kOperator);
  ASSERT_EQ(got.output.scalar_type(), c.dtype);
  ASSERT_EQ(got.gradients.size(), expected.gradients.size());
  for (size_t i = 0; i < got.gradients.size(); ++i) {
    ASSERT_EQ(got.gradients[i].sizes(), expected.gradients[i].sizes());
    ASSERT_EQ(got.gradients[i].scalar_type(), c.dtype);
  }
  ASSERT_LT(window_difference(got, expected), tolerance.value) << c.text();
}

TEST_F(WindowAttention, ReferenceEqualsTheDefinitionOneNumberAtATime) {
  for (const auto& c : odd_window_cases()) {
    if (c.height * c.width > 120 || c.batch > 2) continue;
    WindowCase small = c;
    small.batch = std::min<int64_t>(c.batch, 1);
    const auto t = make_window_tensors(small);
    const auto output = window_reference(make_window_inputs(small, t)).output.detach();
    EXPECT_TRUE(at::allclose(output, naive_window_attention(small, t), 0, 1e-12)) << small.text();
  }
}

TEST_F(WindowAttention, OperatorEqualsTheReferenceOverOddShapes) {
  for (const auto& tolerance : kTolerances) {
    for (const auto& c : odd_window_cases()) expect_operator_equals_reference(c, tolerance);
  }
}

TEST_F(WindowAttention, OperatorEqualsTheReferenceOverRandomProblems) {
  const uint64_t seed = 20191906;
  std::cout << "sweep seed " << seed << "\n";
  std::mt19937_64 random(seed);
  for (int i = 0; i < 90; ++i) {
    expect_operator_equals_reference(random_window_case(random), kTolerances[i % 3]);
  }
}

TEST_F(WindowAttention, FormulaInBandsEqualsTheReference) {
  for (auto c : odd_window_cases()) {
    if (c.batch == 0 || c.head_dim > 64) continue;
    const auto t = make_window_tensors(c);
    const auto in = make_window_inputs(c, t);
    const auto expected = run_window(c, t, WindowBy::kReference);
    at::NoGradGuard no_grad;
    for (const int64_t band_scores :
         {int64_t{1}, 3 * c.batch * c.heads * c.size * c.size * in.query_width()}) {
      const auto result = window_formula_forward(in, band_scores);
      const auto ones = at::ones_like(result.output);
      const auto whole = window_formula_backward(ones, in, result.output, result.logsumexp);
      const auto parts = window_formula_backward(ones, in, result.output, result.logsumexp, band_scores);
      EXPECT_LT((result.output - expected.output).abs().max().item<double>(), 1e-12) << c.text();
      EXPECT_LT((parts.key - whole.key).abs().max().item<double>(), 1e-11) << c.text();
      EXPECT_LT((parts.value - whole.value).abs().max().item<double>(), 1e-11) << c.text();
      if (c.tables) {
        EXPECT_LT((parts.row - whole.row).abs().max().item<double>(), 1e-11) << c.text();
      }
    }
  }
}

double loss_of(const WindowCase& c, const WindowTensors& t, const at::Tensor& weight) {
  at::NoGradGuard no_grad;
  return (window_attention(make_window_inputs(c, t)).output * weight).sum().item<double>();
}

/// Every element of every input, by central differences.
TEST_F(WindowAttention, GradientsEqualDifferences) {
  const WindowCase cases[] = {
      {.height = 3, .width = 4, .head_dim = 4, .batch = 1},
      {.height = 4,
       .width = 3,
       .stride = 2,
       .head_dim = 6,
       .zero_border = true,
       .shared_tables = true,
       .batch = 1},
      {.height = 2, .width = 3, .size = 5, .head_dim = 3, .tables = false, .dropout = 0.3, .batch = 1}};
  for (const auto& c : cases) {
    const auto t = make_window_tensors(c);
    const auto weight = at::arange(t.query.numel(), at::kDouble).sin().view(t.query.sizes());
    const auto output = window_attention(make_window_inputs(c, t)).output;
    const auto gradients = torch::autograd::grad({(output * weight).sum()}, t.all());
    for (size_t i = 0; i < gradients.size(); ++i) {
      auto numbers = t.all()[i].detach().view(-1);
      const auto gradient = gradients[i].reshape(-1);
      for (int64_t n = 0; n < numbers.size(0); ++n) {
        const double x = numbers[n].item<double>(), step = 1e-5;
        numbers[n] = x + step;
        const double above = loss_of(c, t, weight);
        numbers[n] = x - step;
        const double below = loss_of(c, t, weight);
        numbers[n] = x;
        ASSERT_NEAR(gradient[n].item<double>(), (above - below) / (2 * step), 1e-7)
            << i << " " << n << " " << c.text();
      }
    }
  }
}

TEST_F(WindowAttention, DoesNotDependOnTheNumberOfThreads) {
  const WindowCase cases[] = {
      {.height = 20, .width = 19, .size = 5, .dropout = 0.2, .batch = 3, .heads = 6, .dtype = at::kFloat},
      {.height = 50, .width = 9, .size = 7, .batch = 1, .heads = 1, .dtype = at::kFloat},
      {.height = 50, .width = 9, .size = 7, .batch = 1, .heads = 3, .dtype = at::kBFloat16}};
  for (const auto& c : cases) {
    const auto t = make_window_tensors(c);
    const auto one = run_window(c, t, WindowBy::kOperator);
    at::set_num_threads(3);
    const auto three = run_window(c, t, WindowBy::kOperator), again = run_window(c, t, WindowBy::kOperator);
    at::set_num_threads(1);
    EXPECT_EQ(window_difference(one, three), 0) << c.text();
    EXPECT_EQ(window_difference(three, again), 0) << c.text();
  }
}

}  // namespace
}  // namespace heed::attention::testing
