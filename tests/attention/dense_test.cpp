// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>

#include "cases.h"
#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/Parallel.h>
#include <torch/autograd.h>

namespace heed::attention::testing {
namespace {

constexpr Backend kBackends[] = {Backend::kReference, Backend::kTiled};

/// A random problem small enough for the definition.
Case small_case(std::mt19937_64& random) {
  Case c = random_case(random);
  c.dropout = 0;
  c.batch = std::min<int64_t>(c.batch, 2);
  c.queries = c.queries % 12 + 1;
  c.keys = c.segments.empty() ? c.keys % 12 + 1 : c.queries;
  for (auto* list : {&c.key_lengths, &c.query_start}) {
    if (!list->empty()) list->resize(c.batch);
    for (auto& number : *list) number %= c.keys + 1;
  }
  if (!c.segments.empty()) c.segments.resize(c.batch);
  for (auto& ids : c.segments) ids.resize(c.queries);
  return c;
}

TEST(DenseAttention, EqualsTheDefinitionOneNumberAtATime) {
  std::mt19937_64 random(20250101);
  for (int i = 0; i < 40; ++i) {
    const Case c = small_case(random);
    const Tensors t = make_tensors(c);
    const auto expected = naive_attention(c, t);
    for (const Backend backend : kBackends) {
      const auto output = attend(t.query, t.key, t.value, make_spec(c, t, backend)).output;
      EXPECT_LT(difference(output, expected), 1e-12) << backend_name(backend) << " " << c.text();
    }
  }
}

/// Relative scores gathered pair by pair, against both ways of skewing: whole (reference) and by tiles.
TEST(DenseAttention, SkewedEqualsNaiveGather) {
  for (const int64_t rows : {1, 20, 47, 60}) {
    for (const bool clip : {true, false}) {
      Case c{.batch = 1,
             .heads = 2,
             .queries = 47,
             .keys = 47,
             .head_dim = 5,
             .causal = true,
             .relation_rows = rows};
      c.clip = clip;
      const Tensors t = make_tensors(c);
      const auto expected = naive_attention(c, t);
      for (const Backend backend : kBackends) {
        const auto output = attend(t.query, t.key, t.value, make_spec(c, t, backend)).output;
        EXPECT_LT(difference(output, expected), 1e-12) << backend_name(backend) << " " << c.text();
      }
    }
  }
}

void expect_same_outcome(const Case& c, double output_tolerance, double gradient_tolerance) {
  const Outcome expected = run_case(c, Backend::kReference), tiled = run_case(c, Backend::kTiled);
  ASSERT_LT(difference(tiled.output, expected.output), output_tolerance) << c.text();
  ASSERT_LT(difference(tiled.logsumexp, expected.logsumexp), output_tolerance) << c.text();
  ASSERT_EQ(tiled.gradients.size(), expected.gradients.size());
  for (size_t g = 0; g < tiled.gradients.size(); ++g) {
    ASSERT_EQ(tiled.gradients[g].scalar_type(), c.dtype);
    ASSERT_LT(difference(tiled.gradients[g], expected.gradients[g]), gradient_tolerance)
        << g << " " << c.text();
  }
}

TEST(TiledAttention, EqualsTheReferenceInValuesAndGradientsOverRandomProblems) {
  const uint64_t seed = 424242;
  std::cout << "sweep seed " << seed << "\n";
  std::mt19937_64 random(seed);
  for (int i = 0; i < 150; ++i) expect_same_outcome(random_case(random), 1e-12, 1e-10);
}

/// Largest absolute difference of outputs and of gradients for standard normal inputs. Half types are
/// computed in float32 by both backends and rounded once: they differ by a unit in the last place of the
/// largest gradients (about 60, sums over up to 150 rows).
struct Tolerance {
  at::ScalarType dtype;
  double output, gradient;
};
constexpr Tolerance kTolerances[] = {
    {at::kFloat, 2e-5, 2e-3}, {at::kBFloat16, 4e-2, 1}, {at::kHalf, 5e-3, 0.125}};

TEST(TiledAttention, EqualsTheReferenceInEveryDtype) {
  for (const auto& tolerance : kTolerances) {
    std::mt19937_64 random(7);
    for (int i = 0; i < 25; ++i) {
      Case c = random_case(random);
      c.dtype = tolerance.dtype;
      expect_same_outcome(c, tolerance.output, tolerance.gradient);
    }
  }
}

TEST(TiledAttention, DoesNotDependOnTheNumberOfThreadsBeyondRounding) {
  Case c{.batch = 3, .heads = 2, .queries = 70, .keys = 70, .causal = true, .relation_rows = 40};
  const Outcome one = run_case(c, Backend::kTiled);
  at::set_num_threads(2);
  const Outcome two = run_case(c, Backend::kTiled), again = run_case(c, Backend::kTiled);
  at::set_num_threads(1);
  EXPECT_EQ(difference(one.output, two.output), 0);
  for (size_t g = 0; g < one.gradients.size(); ++g) {
    EXPECT_LT(difference(one.gradients[g], two.gradients[g]), 1e-12);
    EXPECT_TRUE(at::equal(two.gradients[g], again.gradients[g])) << "not deterministic";
  }
}

double loss_of(const Case& c, const Tensors& t, const at::Tensor& weight) {
  at::NoGradGuard no_grad;
  return (attend(t.query, t.key, t.value, make_spec(c, t, Backend::kTiled)).output * weight)
      .sum()
      .item<double>();
}

/// Every element of every input, by central differences.
void expect_gradients_by_differences(const Case& c) {
  const Tensors t = make_tensors(c);
  const auto weight = at::arange(t.query.numel(), at::kDouble).sin().view(t.query.sizes());
  const auto output = attend(t.query, t.key, t.value, make_spec(c, t, Backend::kTiled)).output;
  const auto gradients = torch::autograd::grad({(output * weight).sum()}, t.all());
  const double step = 1e-6;
  for (size_t input = 0; input < gradients.size(); ++input) {
    const auto values = t.all()[input].detach().view(-1);
    const auto gradient = gradients[input].contiguous().view(-1);
    for (int64_t i = 0; i < values.numel(); ++i) {
      double* number = values.data_ptr<double>() + i;
      const double before = *number;
      *number = before + step;
      const double up = loss_of(c, t, weight);
      *number = before - step;
      const double down = loss_of(c, t, weight);
      *number = before;
      ASSERT_NEAR(gradient[i].item<double>(), (up - down) / (2 * step), 1e-7)
          << input << " " << i << " " << c.text();
    }
  }
}

TEST(TiledAttention, GradientsEqualFiniteDifferences) {
  expect_gradients_by_differences(
      {.batch = 1, .heads = 2, .queries = 6, .keys = 6, .head_dim = 3, .causal = true, .relation_rows = 4});
  expect_gradients_by_differences({.batch = 1,
                                   .heads = 2,
                                   .queries = 4,
                                   .keys = 7,
                                   .head_dim = 2,
                                   .relation_rows = 5,
                                   .shared_table = true,
                                   .relation_value = true});
}

}  // namespace
}  // namespace heed::attention::testing
