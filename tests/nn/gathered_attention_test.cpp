// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/gathered_attention.h"

#include "cached_cases.h"
#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>

namespace heed::nn {
namespace {

using testing::Attended;
using testing::CachedCase;
using testing::expected;
using testing::random_case;
using testing::random_relation;

Attended gathered(const CachedCase& c) {
  Attended result;
  result.output = gathered_attention(c.query, c.keys, c.step(), c.options(), &result.weights);
  return result;
}

/// Cases of every kind of relation, coordinates and slots.
std::vector<CachedCase> cases() {
  std::vector<CachedCase> all;
  uint64_t seed = 50;
  for (const int64_t positions : {1, 5, 18, 40}) {
    for (const bool one_slot : {false, true}) {
      all.push_back(random_case({4, 3, positions, 2, 12}, one_slot, ++seed));
      for (const auto beyond : {attention::Beyond::kClip, attention::Beyond::kNothing}) {
        for (const int64_t tables : {1, 2}) {
          CachedCase c = random_case({4, 3, positions, 2, 12}, one_slot, ++seed);
          c.relation = random_relation(tables, 12, beyond);
          all.push_back(c);
          for (int64_t t = 0; t < positions; ++t)
            c.coordinates.push_back(static_cast<int32_t>(t * 11 % 17 - 8));
          all.push_back(c);
          c.relation.value = at::Tensor();
          all.push_back(c);
          c.relation = {.value = random_relation(tables, 12, beyond).value, .zero = 5, .beyond = beyond};
          all.push_back(c);
        }
      }
    }
  }
  return all;
}

TEST(GatheredAttention, EqualsTheFormulaInFloat64WithItsWeights) {
  for (const CachedCase& c : cases()) {
    const CachedCase wide = c.to(at::kDouble);
    const Attended found = gathered(wide), wanted = expected(wide);
    EXPECT_EQ(found.output.scalar_type(), at::kDouble);
    EXPECT_LT(difference(found.output, wanted.output), 1e-12);
    EXPECT_EQ(found.weights.scalar_type(), at::kFloat);
    ASSERT_EQ(found.weights.sizes(), wanted.weights.sizes());
    EXPECT_LT(difference(found.weights, wanted.weights), 1e-7);
    EXPECT_TRUE(found.weights.eq(0).logical_or(wanted.weights.ne(0)).all().item<bool>());
  }
}

TEST(GatheredAttention, AgreesWithTheKernelsInFloat32) {
  for (const CachedCase& c : cases()) {
    at::Tensor weights;
    const at::Tensor output = cached_attention(c.query, c.keys, c.step(), c.options(), &weights);
    const Attended found = gathered(c);
    EXPECT_LT(difference(found.output, output), 2e-5);
    EXPECT_LT(difference(found.weights, weights), 2e-5);
  }
}

TEST(GatheredAttention, IsWhatOtherTypesTakeAndBfloat16StaysNear) {
  for (const CachedCase& c : cases()) {
    const CachedCase rounded = c.to(at::kBFloat16);
    Attended found;
    found.output =
        cached_attention(rounded.query, rounded.keys, rounded.step(), rounded.options(), &found.weights);
    EXPECT_EQ(found.output.scalar_type(), at::kBFloat16);
    const Attended wanted = expected(rounded);
    EXPECT_LT(difference(found.output, wanted.output), 0.1);
    EXPECT_LT(difference(found.weights, wanted.weights), 0.05);
  }
}

TEST(GatheredAttention, KeysMayLieAtAnyStrides) {
  CachedCase c = random_case({4, 3, 9, 2, 12}, true).to(at::kDouble);
  c.keys = testing::at_odd_strides(c.keys);
  EXPECT_LT(difference(gathered(c).output, expected(c).output), 1e-12);
}

/// What is gathered at a time is bounded, and so many queries go in several parts.
TEST(GatheredAttention, ManyLongQueriesGoInPartsWithTheSameNumbers) {
  CachedCase c = random_case({1, 1, 2000, 1, 1024}, true);
  c.queries.clear();
  for (int32_t q = 0; q < 17; ++q) c.queries.push_back({.row = 0, .first = q, .count = 2000 - q});
  c.query = at::randn({17, 1024});  // 16 of them at a time
  const Attended all = gathered(c);
  for (const size_t q : {0, 15, 16}) {
    const Attended one = gathered(c.only(q));
    EXPECT_LT(difference(one.output[0], all.output[static_cast<int64_t>(q)]), 1e-5);
    EXPECT_LT(difference(one.weights[0], all.weights[static_cast<int64_t>(q)]), 1e-5);
  }
}

TEST(GatheredAttention, TakesAnotherScaleAndNoQueries) {
  CachedCase c = random_case({3, 3, 9, 2, 16}, true).to(at::kDouble);
  const at::Tensor one = gathered_attention(c.query, c.keys, c.step(), {.heads = 2, .scale = 1}, nullptr);
  CachedCase larger = c;
  larger.query = c.query * 4;
  EXPECT_LT(difference(one, expected(larger).output), 1e-12);
  c.queries.clear();
  c.query = c.query.narrow(0, 0, 0);
  EXPECT_EQ(gathered(c).output.sizes(), at::IntArrayRef({0, 32}));
}

}  // namespace
}  // namespace heed::nn
