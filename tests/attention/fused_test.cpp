// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cases.h"
#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/Parallel.h>

namespace heed::attention::testing {
namespace {

/// Largest difference relative to one more than the largest number: of a float32 pass from a float64 one, and
/// of bfloat16 results from the reference's; there the backward pass meets outputs that were rounded to 8
/// bits, which shows in gradients that are sums of many terms near 0.
constexpr double kFloatTolerance = 1e-5, kBfloat16Tolerance = 6e-2;

double relative(const at::Tensor& got, const at::Tensor& expected) {
  if (expected.numel() == 0) return 0;
  const auto finite = expected.masked_fill(expected.isinf(), 0);
  return difference(got, expected) / (1 + finite.abs().max().item<double>());
}

void expect_like_reference(Case c) {
  const double tolerance = c.dtype == at::kBFloat16 ? kBfloat16Tolerance : kFloatTolerance;
  if (c.dtype == at::kFloat) c.dtype = at::kDouble;  // the inputs, for a reference in float64
  const Outcome expected = run_case(c, Backend::kReference), fused = run_case(c, Backend::kFused);
  ASSERT_LT(relative(fused.output, expected.output), tolerance) << c.text();
  ASSERT_LT(relative(fused.logsumexp, expected.logsumexp), tolerance) << c.text();
  ASSERT_EQ(fused.gradients.size(), expected.gradients.size());
  for (size_t g = 0; g < fused.gradients.size(); ++g) {
    ASSERT_LT(relative(fused.gradients[g], expected.gradients[g]), tolerance) << g << " " << c.text();
  }
}

TEST(FusedAttention, EqualsTheFloat64ReferenceAroundTileSizes) {
  for (const int64_t length : {1, 63, 64, 65, 128, 191}) {
    for (const int64_t rows : std::vector<int64_t>{0, 1, 15, 2 * length + 1}) {
      for (const bool causal : {false, true}) {
        Case c{.batch = 1,
               .heads = 2,
               .queries = length,
               .keys = length,
               .head_dim = 16,
               .causal = causal,
               .relation_rows = rows,
               .dtype = at::kFloat};
        expect_like_reference(c);
        c.relation_value = c.shared_table = true;
        expect_like_reference(c);
        c.clip = false;
        if (rows > 0) expect_like_reference(c);
      }
    }
  }
}

TEST(FusedAttention, TakesEveryHeadDim) {
  for (const int64_t head_dim : {1, 7, 8, 12, 15, 16, 17, 31, 32, 48, 64, 65, 100, 128, 200, 256}) {
    Case c{.batch = 1,
           .heads = 2,
           .queries = 70,
           .keys = 70,
           .head_dim = head_dim,
           .causal = true,
           .relation_rows = 60,
           .relation_value = true,
           .dtype = at::kFloat};
    expect_like_reference(c);
  }
}

TEST(FusedAttention, EqualsTheFloat64ReferenceOverRandomProblems) {
  const uint64_t seed = 20261121;
  std::cout << "sweep seed " << seed << "\n";
  std::mt19937_64 random(seed);
  for (int i = 0; i < 120; ++i) {
    Case c = random_case(random);
    c.dtype = at::kFloat;
    expect_like_reference(c);
  }
}

TEST(FusedAttention, EqualsTheReferenceInBfloat16OverRandomProblems) {
  const uint64_t seed = 11;
  std::cout << "sweep seed " << seed << "\n";
  std::mt19937_64 random(seed);
  for (int i = 0; i < 60; ++i) {
    Case c = random_case(random);
    c.dtype = at::kBFloat16;
    expect_like_reference(c);
  }
}

TEST(FusedAttention, SkipsTilesThatPackedSegmentsNeverMeet) {
  Case c{.batch = 2,
         .heads = 1,
         .queries = 400,
         .keys = 400,
         .head_dim = 8,
         .causal = true,
         .relation_rows = 300,
         .dtype = at::kFloat};
  c.segments.resize(2);
  for (int64_t i = 0; i < 400; ++i) {
    c.segments[0].push_back(i / 130);
    c.segments[1].push_back(1000000007LL * (i / 77));
  }
  expect_like_reference(c);
  c.causal = false;
  c.relation_rows = 301;
  expect_like_reference(c);
}

TEST(FusedAttention, GivesTheSameBitsOnAnyNumberOfThreads) {
  Case c{.batch = 1,
         .heads = 3,
         .queries = 1200,
         .keys = 1200,
         .head_dim = 8,
         .causal = true,
         .relation_rows = 700,
         .relation_value = true,
         .dropout = 0.1,
         .dtype = at::kFloat};
  const Outcome one = run_case(c, Backend::kFused);
  for (const int threads : {2, 5}) {
    at::set_num_threads(threads);
    const Outcome more = run_case(c, Backend::kFused);
    at::set_num_threads(1);
    EXPECT_TRUE(at::equal(one.output, more.output)) << threads;
    for (size_t g = 0; g < one.gradients.size(); ++g) {
      EXPECT_TRUE(at::equal(one.gradients[g], more.gradients[g])) << threads << " gradient " << g;
    }
  }
}

TEST(FusedAttention, DropsAShareOfTheWeightsAndKeepsTheirMean) {
  Case c{.batch = 1, .heads = 4, .queries = 500, .keys = 500, .head_dim = 8, .dropout = 0.25};
  Tensors t = make_tensors(c);
  // Equal scores and values of one: each output is the share that was kept, over 1 - p.
  t.query = at::zeros_like(t.query);
  t.value = at::ones_like(t.value);
  const auto kept = attend_case(c, t, Backend::kFused).output.select(3, 0) * 0.75;
  EXPECT_NEAR(kept.mean().item<double>(), 0.75, 0.002);  // 1,000,000 draws: a deviation of 0.0004
  EXPECT_NEAR(kept.std().item<double>(), std::sqrt(0.25 * 0.75 / 500), 0.002);
  c.seed += 1;
  EXPECT_GT(difference(kept, attend_case(c, t, Backend::kFused).output.select(3, 0) * 0.75), 0.01);
}

}  // namespace
}  // namespace heed::attention::testing
