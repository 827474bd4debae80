// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/multi_head_attention.h"

#include <vector>

#include <gtest/gtest.h>

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
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

TEST_P(EveryRelation, StepsOfAnyCountsEqualTheFullPassInFloat32AndFloat64) {
  const at::NoGradGuard no_gradient;
  for (const auto dtype : {at::kFloat, at::kDouble}) {
    auto attention = make(GetParam());
    attention->to(dtype);
    const at::Tensor input = at::randn({2, 11, 24}, dtype);
    const at::Tensor whole = attention->forward(input, {});
    RowIndex index(2, 1, 11);
    KeyValueCache cache = attention->make_cache(index);
    const double tolerance = dtype == at::kDouble ? 1e-9 : 1e-4;
    for (const auto& counts : std::vector<std::vector<int64_t>>{{4, 1}, {}, {1, 5}, {4, 2}, {}}) {
      const std::vector<int64_t> before{index.length(0), index.length(1)};
      index.advance(counts);
      std::vector<at::Tensor> tokens, expected;
      for (int64_t row = 0; row < 2; ++row) {
        const int64_t begin = before[static_cast<size_t>(row)], count = index.length(row) - begin;
        tokens.push_back(input[row].narrow(0, begin, count));
        expected.push_back(whole[row].narrow(0, begin, count));
      }
      const at::Tensor part = attention->step(at::cat(tokens), cache, index);
      EXPECT_TRUE(at::allclose(part, at::cat(expected), tolerance, tolerance)) << counts;
    }
    EXPECT_EQ(index.longest(), 11);
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
                         testing::Values(RelationKind::kNone, RelationKind::kShaw, RelationKind::kPerHead));

TEST(MultiHeadAttention, ShawTablesAreSharedByTheHeadsAndMusicTablesAreNot) {
  EXPECT_EQ(make(RelationKind::kShaw)->named_parameters()["relation_key"].sizes(),
            at::IntArrayRef({1, 5, 8}));
  EXPECT_TRUE(make(RelationKind::kShaw)->named_parameters().contains("relation_value"));
  EXPECT_EQ(make(RelationKind::kPerHead)->named_parameters()["relation_key"].sizes(),
            at::IntArrayRef({3, 5, 8}));
  EXPECT_EQ(make(RelationKind::kShaw, false)->named_parameters()["relation_key"].size(1), 9);
}

TEST(MultiHeadAttention, AWindowTakesNoDistanceRelation) {
  MultiHeadAttentionOptions options{.d_model = 8, .heads = 2};
  options.pattern = attention::Window2d{.height = 3, .width = 4, .size = 3};
  const at::Tensor input = at::randn({2, 12, 8});
  EXPECT_EQ(MultiHeadAttention(options)->forward(input, {}).sizes(), input.sizes());
  for (const auto relation : {RelationKind::kShaw, RelationKind::kPerHead}) {
    options.relation = relation;
    try {
      MultiHeadAttention attention(options);
      ADD_FAILURE() << "a Window2d pattern with a distance relation was accepted";
    } catch (const c10::Error& error) {
      EXPECT_NE(std::string(error.what()).find("Window2d pattern takes row and column embeddings"),
                std::string::npos);
    }
  }
}

TEST(MultiHeadAttention, ACacheIsOfTheTypeOfTheWeights) {
  auto attention = make(RelationKind::kNone);
  const RowIndex index(1, 1, 3);
  EXPECT_EQ(attention->make_cache(index).keys().key.scalar_type(), at::kDouble);
  attention->to(at::kBFloat16);
  EXPECT_EQ(attention->make_cache(index).keys().key.scalar_type(), at::kBFloat16);
}

}  // namespace
}  // namespace heed::nn
