// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/multi_head_attention.h"

#include <gtest/gtest.h>

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/randn.h>

namespace heed::nn {
namespace {

MultiHeadAttention make(RelationKind relation, bool causal = true) {
  at::manual_seed(3);
  MultiHeadAttentionOptions options;
  options.d_model = 24;
  options.heads = 3;
  options.pattern = attention::Dense{.causal = causal};
  options.relation = relation;
  options.max_relative_distance = 5;
  MultiHeadAttention attention(options);
  attention->to(at::kDouble);
  return attention;
}

class EveryRelation : public testing::TestWithParam<RelationKind> {};

TEST_P(EveryRelation, StepsEqualTheFullPass) {
  const at::NoGradGuard no_gradient;
  auto attention = make(GetParam());
  const at::Tensor input = at::randn({2, 11, 24}, at::kDouble);
  const at::Tensor whole = attention->forward(input, {});
  KeyValueCache cache = attention->make_cache(2, 11);
  for (const auto& [start, count] :
       std::vector<std::pair<int64_t, int64_t>>{{0, 4}, {4, 1}, {5, 1}, {6, 5}}) {
    const at::Tensor part = attention->step(input.narrow(1, start, count), cache);
    EXPECT_TRUE(at::allclose(part, whole.narrow(1, start, count), 1e-9, 1e-9)) << "from " << start;
  }
}

TEST_P(EveryRelation, TheFutureNeverMovesThePast) {
  const at::NoGradGuard no_gradient;
  auto attention = make(GetParam());
  at::Tensor input = at::randn({1, 9, 24}, at::kDouble);
  const at::Tensor before = attention->forward(input, {});
  input[0][6] += 10;
  const at::Tensor after = attention->forward(input, {});
  EXPECT_TRUE(before.narrow(1, 0, 6).equal(after.narrow(1, 0, 6)));
  EXPECT_FALSE(at::allclose(before.narrow(1, 6, 3), after.narrow(1, 6, 3)));
}

INSTANTIATE_TEST_SUITE_P(Relations, EveryRelation,
                         testing::Values(RelationKind::kNone, RelationKind::kShaw, RelationKind::kMusic));

TEST(MultiHeadAttention, ShawTablesAreSharedByTheHeadsAndMusicTablesAreNot) {
  EXPECT_EQ(make(RelationKind::kShaw)->named_parameters()["relation_key"].sizes(),
            at::IntArrayRef({1, 5, 8}));
  EXPECT_TRUE(make(RelationKind::kShaw)->named_parameters().contains("relation_value"));
  EXPECT_EQ(make(RelationKind::kMusic)->named_parameters()["relation_key"].sizes(),
            at::IntArrayRef({3, 5, 8}));
  EXPECT_EQ(make(RelationKind::kShaw, false)->named_parameters()["relation_key"].size(1), 9);
}

TEST(MultiHeadAttention, RefusesMoreTokensThanTheCacheHolds) {
  const at::NoGradGuard no_gradient;
  auto attention = make(RelationKind::kMusic);
  KeyValueCache cache = attention->make_cache(1, 3);
  EXPECT_THROW(attention->step(at::randn({1, 4, 24}, at::kDouble), cache), c10::Error);
}

}  // namespace
}  // namespace heed::nn
