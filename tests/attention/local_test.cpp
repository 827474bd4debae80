// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include "cases.h"
#include "tests/difference.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <torch/autograd.h>

namespace heed::attention::testing {
namespace {

/// One local problem: shapes, pattern and what goes with it.
struct LocalCase {
  Pattern pattern = Local1d{};
  int64_t length = 0, relation_rows = 0;
  int64_t batch = 2, heads = 2, head_dim = 8;
  bool shared_table = false, relation_value = false, clip = true;
  double dropout = 0;
  at::ScalarType dtype = at::kDouble;
  uint64_t seed = 3;

  Case dense() const {
    Case c{.batch = batch, .heads = heads, .queries = length, .keys = length, .head_dim = head_dim};
    c.relation_rows = relation_rows, c.shared_table = shared_table, c.relation_value = relation_value;
    c.clip = clip, c.dropout = dropout, c.dtype = dtype, c.seed = seed;
    return c;
  }
};

LocalCase line(int64_t length, int64_t query_block, int64_t memory_before) {
  LocalCase c;
  c.pattern = Local1d{.query_block = query_block, .memory_before = memory_before};
  c.length = length;
  return c;
}

LocalCase image(Local2d pattern) {
  LocalCase c;
  c.pattern = pattern;
  c.length = pattern.height * pattern.width * pattern.channels;
  return c;
}

Outcome run(const LocalCase& local, Backend backend) {
  const Case c = local.dense();
  Tensors t = make_tensors(c);
  const auto leaves = t.all();
  if (backend == Backend::kFused && c.dtype == at::kDouble) {
    for (auto* tensor : {&t.query, &t.key, &t.value, &t.relation_key, &t.relation_value}) {
      if (tensor->defined()) *tensor = tensor->to(at::kFloat);
    }
  }
  Spec spec = make_spec(c, t, backend);
  spec.pattern = local.pattern;
  const Result result = attend(t.query, t.key, t.value, spec);
  auto generator = at::detail::createCPUGenerator(c.seed + 1);
  const auto weight = at::randn(result.output.sizes(), generator, at::TensorOptions().dtype(at::kDouble));
  const auto loss = (result.output.to(at::kDouble) * weight).sum();
  return {result.output.detach(), result.logsumexp, torch::autograd::grad({loss}, leaves)};
}

double relative(const at::Tensor& got, const at::Tensor& expected) {
  if (expected.numel() == 0) return 0;
  return difference(got, expected) / (1 + expected.abs().max().item<double>());
}

void expect_like_reference(LocalCase c) {
  const double tolerance = c.dtype == at::kBFloat16 ? 6e-2 : 1e-5;
  if (c.dtype == at::kFloat) c.dtype = at::kDouble;
  const Outcome expected = run(c, Backend::kReference), fused = run(c, Backend::kFused);
  ASSERT_LT(relative(fused.output, expected.output), tolerance) << c.dense().text();
  ASSERT_LT(relative(fused.logsumexp, expected.logsumexp), tolerance) << c.dense().text();
  for (size_t g = 0; g < expected.gradients.size(); ++g) {
    ASSERT_LT(relative(fused.gradients[g], expected.gradients[g]), tolerance) << g << " " << c.dense().text();
  }
}

/// Without a relation, with one that reaches everything, and with one that does not.
void expect_like_reference_with_every_relation(LocalCase c, int64_t rows) {
  expect_like_reference(c);
  for (const int64_t some : {rows, (rows / 3) | 1}) {
    for (const bool clip : {true, false}) {
      c.relation_rows = some;
      c.clip = clip;
      c.relation_value = !c.relation_value;
      expect_like_reference(c);
    }
  }
}

TEST(Local1dAttention, EqualsTheReferenceWhateverTheSizes) {
  for (const auto& [length, block, memory] : std::vector<std::array<int64_t, 3>>{
           {1, 4, 4}, {20, 7, 5}, {64, 64, 64}, {65, 16, 100}, {130, 33, 0}, {200, 65, 63}, {150, 1, 9}}) {
    expect_like_reference_with_every_relation(line(length, block, memory), block + memory);
  }
}

TEST(Local1dAttention, OfOneBlockIsCausalDenseAttention) {
  LocalCase c = line(90, 90, 0);
  c.relation_rows = 50;
  Case dense = c.dense();
  dense.causal = true;
  const Outcome expected = run_case(dense, Backend::kReference), local = run(c, Backend::kFused);
  EXPECT_LT(relative(local.output, expected.output), 1e-5);
  for (size_t g = 0; g < expected.gradients.size(); ++g) {
    EXPECT_LT(relative(local.gradients[g], expected.gradients[g]), 1e-5);
  }
}

TEST(Local2dAttention, EqualsTheReferenceWhateverTheSizes) {
  const std::vector<Local2d> patterns{
      {.height = 1, .width = 1, .channels = 1, .query_height = 1, .query_width = 1, .flange = 0},
      {.height = 5, .width = 7, .channels = 3, .query_height = 2, .query_width = 3, .flange = 1},
      {.height = 8, .width = 8, .channels = 1, .query_height = 4, .query_width = 4, .flange = 3},
      {.height = 9, .width = 6, .channels = 2, .query_height = 4, .query_width = 5, .flange = 2},
      {.height = 6, .width = 30, .channels = 3, .query_height = 3, .query_width = 25, .flange = 4},
      {.height = 4, .width = 4, .channels = 3, .query_height = 8, .query_width = 8, .flange = 1}};
  for (const Local2d& pattern : patterns) {
    expect_like_reference_with_every_relation(image(pattern), local_2d_relation_rows(pattern));
  }
}

TEST(Local2dAttention, SeesWhatIsEarlierInTheMemoryRectangleAndNothingElse) {
  const Local2d p{.height = 4, .width = 6, .channels = 1, .query_height = 2, .query_width = 2, .flange = 1};
  LocalCase local = image(p);
  const Tensors t = make_tensors(local.dense());
  Spec spec = make_spec(local.dense(), t, Backend::kReference);
  spec.pattern = p;
  // The query at row 2, column 3 of the image: block of rows 2, 3 and columns 2, 3; second of its block.
  const auto order = local_2d_order(p);
  const int64_t row = order.eq(2 * 6 + 3).nonzero().item<int64_t>();
  const auto weights = attention_weights(t.query, t.key, spec, {0}, {row})[0][0][0];
  std::vector<int64_t> seen;
  for (int64_t i = 0; i < weights.numel(); ++i) {
    if (weights[i].item<double>() > 0) seen.push_back(order[i].item<int64_t>());
  }
  // Row 1 above, columns 1 to 4; column 1 of the block to the left, both rows; itself and the one before.
  EXPECT_THAT(seen, ::testing::UnorderedElementsAre(7, 8, 9, 10, 13, 19, 14, 15));
}

TEST(Local2dAttention, NeverMixesTheDistancesOfDifferentRows) {
  // Queries of ones and keys of zeros: the score of a key is what the table has for its distance.
  const Local2d p{.height = 6, .width = 9, .channels = 2, .query_height = 3, .query_width = 4, .flange = 2};
  LocalCase local = image(p);
  local.batch = local.heads = 1;
  local.relation_rows = local_2d_relation_rows(p);
  Tensors t = make_tensors(local.dense());
  t.query = at::ones_like(t.query), t.key = at::zeros_like(t.key);
  t.relation_key = at::zeros_like(t.relation_key);
  t.relation_key.select(2, 0).copy_(at::rand({local.relation_rows}, at::kDouble));
  Spec spec = make_spec(local.dense(), t, Backend::kReference);
  spec.pattern = p;
  std::vector<int64_t> rows(local.length);
  for (int64_t i = 0; i < local.length; ++i) rows[i] = i;
  const auto logits = attention_weights(t.query, t.key, spec, {0}, rows)[0][0].log();
  const auto order = local_2d_order(p);
  std::map<std::array<int64_t, 2>, double> by_offset;
  for (int64_t i = 0; i < local.length; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      if (!std::isfinite(logits[i][j].item<double>())) continue;
      const int64_t q = order[i].item<int64_t>(), k = order[j].item<int64_t>();
      const std::array<int64_t, 2> offset{k / 18 - q / 18, k % 18 - q % 18};  // rows; columns x channels
      // Scores up to the row's constant: less the score of itself, which every query sees.
      const double score = logits[i][j].item<double>() - logits[i][i].item<double>();
      const auto [it, fresh] = by_offset.try_emplace(offset, score);
      ASSERT_NEAR(it->second, score, 1e-9);
    }
  }
  std::set<int64_t> different;
  for (const auto& [offset, score] : by_offset) different.insert(std::llround(score * 1e9));
  EXPECT_EQ(different.size(), by_offset.size());
}

TEST(LocalAttention, EqualsTheReferenceOverRandomProblems) {
  const uint64_t seed = 77;
  std::cout << "sweep seed " << seed << "\n";
  std::mt19937_64 random(seed);
  const auto between = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  };
  for (int i = 0; i < 60; ++i) {
    LocalCase c;
    if (between(0, 1) == 0) {
      c = line(between(1, 200), between(1, 80), between(0, 80));
      c.relation_rows = between(0, 100);
    } else {
      c = image({between(1, 9), between(1, 12), between(1, 3), between(1, 5), between(1, 8), between(0, 4)});
      c.relation_rows =
          between(0, 1) * (2 * between(0, local_2d_relation_rows(std::get<Local2d>(c.pattern)) / 2) + 1);
    }
    c.head_dim = between(1, 20);
    c.shared_table = between(0, 1) == 1, c.relation_value = between(0, 1) == 1, c.clip = between(0, 1) == 1;
    c.dropout = between(0, 1) * 0.2;
    c.dtype = between(0, 2) == 0 ? at::kBFloat16 : at::kFloat;
    c.seed = random();
    expect_like_reference(c);
  }
}

TEST(LocalAttention, GivesTheSameBitsOnAnyNumberOfThreads) {
  LocalCase c = line(700, 50, 70);
  c.relation_rows = 100;
  c.relation_value = true;
  const Outcome one = run(c, Backend::kFused);
  at::set_num_threads(3);
  const Outcome three = run(c, Backend::kFused);
  at::set_num_threads(1);
  EXPECT_TRUE(at::equal(one.output, three.output));
  for (size_t g = 0; g < one.gradients.size(); ++g)
    EXPECT_TRUE(at::equal(one.gradients[g], three.gradients[g]));
}

TEST(LocalAttention, ChecksNameBothSides) {
  const auto message = [](const LocalCase& c) -> std::string {
    try {
      run(c, Backend::kReference);
    } catch (const c10::Error& error) {
      return error.what_without_backtrace();
    }
    return "";
  };
  LocalCase c = image({});
  c.length = 10;
  EXPECT_THAT(message(c), ::testing::HasSubstr("has 3072 positions, query 10"));
  c = line(10, 0, 3);
  EXPECT_THAT(message(c), ::testing::HasSubstr("query_block must be positive"));
  c = image({.height = 2, .width = 2, .channels = 1});
  c.relation_rows = 4;
  EXPECT_THAT(message(c), ::testing::HasSubstr("odd rows for Local2d, got 4"));
}

}  // namespace
}  // namespace heed::attention::testing
