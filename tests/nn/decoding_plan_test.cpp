// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/decoding_plan.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>

#include "heed/attention/local_geometry.h"
#include "heed/nn/multi_head_attention.h"

namespace heed::nn {
namespace {

using attention::Dense;
using attention::Local1d;
using attention::Local2d;

struct Case {
  std::string name;
  attention::Pattern pattern;
  int64_t length;
};

/// Whole and broken blocks, memories of nothing, of less and of more than there is.
std::vector<Case> cases() {
  return {
      {"Dense", Dense{.causal = true}, 13},
      {"Line", Local1d{.query_block = 4, .memory_before = 4}, 14},
      {"LineWithoutMemory", Local1d{.query_block = 5, .memory_before = 0}, 12},
      {"LineWithLongMemory", Local1d{.query_block = 3, .memory_before = 40}, 11},
      {"Image",
       Local2d{.height = 5, .width = 7, .channels = 3, .query_height = 2, .query_width = 3, .flange = 2},
       105},
      {"ImageWithoutFlange",
       Local2d{.height = 4, .width = 4, .channels = 1, .query_height = 2, .query_width = 2, .flange = 0}, 16},
      {"ImageInOneBlock",
       Local2d{.height = 3, .width = 3, .channels = 1, .query_height = 8, .query_width = 8, .flange = 1}, 9},
  };
}

/// The positions that a position sees, ascending.
std::vector<int64_t> seen_by(const DecodingPlan& plan, int32_t position) {
  kernels::CachedQuery query;
  query.row = 5;
  plan.look(position, query);
  EXPECT_EQ(query.row, 5) << "is left as it is";
  std::vector<int64_t> seen;
  for (int32_t t = 0; t < query.count; ++t) seen.push_back(query.seen ? query.seen[t] : query.first + t);
  return seen;
}

class EveryPattern : public testing::TestWithParam<Case> {};

TEST_P(EveryPattern, APositionSeesWhatThePatternLetsItAtTheDistancesOfThePattern) {
  const auto& [name, pattern, length] = GetParam();
  const DecodingPlan plan(pattern, length);
  attention::LocalPattern local = Local1d{.query_block = length, .memory_before = 0};  // as dense sees it
  if (const auto* line = std::get_if<Local1d>(&pattern)) local = *line;
  if (const auto* image = std::get_if<Local2d>(&pattern)) local = *image;
  EXPECT_EQ(plan.length(), length);
  ASSERT_EQ(std::ssize(plan.coordinates()), length);
  const at::Tensor coordinates = at::tensor(plan.coordinates()).to(at::kLong);
  for (int32_t position = 0; position < length; ++position) {
    const auto pairs = attention::local_pairs(local, at::tensor({int64_t{position}}), length);
    const at::Tensor keys = pairs.keep[0].nonzero().squeeze(1);  // ascending
    EXPECT_TRUE(at::tensor(seen_by(plan, position), at::kLong).equal(keys)) << "at " << position;
    const at::Tensor distances = (coordinates - coordinates[position]).index_select(0, keys);
    EXPECT_TRUE(distances.equal(pairs.distance[0].index_select(0, keys))) << "at " << position;
  }
  kernels::CachedQuery query;
  EXPECT_THROW(plan.look(static_cast<int32_t>(length), query), c10::Error);
  EXPECT_THROW(plan.look(-1, query), c10::Error);
}

TEST_P(EveryPattern, StepsEqualTheFullPassWithAndWithoutDistances) {
  const at::NoGradGuard no_gradient;
  const auto& [name, pattern, length] = GetParam();
  for (const auto relation : {RelationKind::kNone, RelationKind::kPerHead}) {
    for (const auto dtype : {at::kDouble, at::kFloat}) {
      MultiHeadAttentionOptions options;
      options.d_model = 12;
      options.heads = 3;
      options.pattern = pattern;
      options.relation = relation;
      options.max_relative_distance = 6;
      MultiHeadAttention attention(options);
      attention->to(dtype);
      const at::Tensor input = at::randn({3, length, 12}, dtype);
      const at::Tensor whole = attention->forward(input, {});
      RowIndex index(3, 1, length, std::make_shared<const DecodingPlan>(pattern, length));
      auto cache = attention->make_cache(index);
      const double tolerance = dtype == at::kDouble ? 1e-9 : 1e-4;
      for (int64_t position = 0; position < length; ++position) {
        index.advance();
        const at::Tensor step = attention->step(input.select(1, position), cache, index);
        EXPECT_TRUE(at::allclose(step, whole.select(1, position), tolerance, tolerance))
            << name << " at " << position << ", relation " << static_cast<int>(relation);
      }
    }
  }
}

TEST_P(EveryPattern, RowsGoOnAsTheRowTheyAreMadeOfAndSomeLeave) {
  const at::NoGradGuard no_gradient;
  const auto& [name, pattern, length] = GetParam();
  MultiHeadAttentionOptions options{.d_model = 12, .heads = 3, .pattern = pattern};
  MultiHeadAttention attention(options);
  attention->to(at::kDouble);
  const at::Tensor input = at::randn({3, length, 12}, at::kDouble), order = at::tensor({2, 0, 2}, at::kLong);
  const at::Tensor moved = input.index_select(0, order), whole = attention->forward(moved, {});
  RowIndex index(3, 2, length, std::make_shared<const DecodingPlan>(pattern, length));
  auto cache = attention->make_cache(index);
  const int64_t half = length / 2;
  for (int64_t position = 0; position < length; ++position) {
    if (position == half) index.reorder(order);
    index.advance();
    const at::Tensor step =
        attention->step((position < half ? input : moved).select(1, position), cache, index);
    if (position < half) continue;
    EXPECT_TRUE(at::allclose(step, whole.select(1, position), 1e-9, 1e-9)) << "at " << position;
  }
}

INSTANTIATE_TEST_SUITE_P(Patterns, EveryPattern, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

TEST(DecodingPlan, RefusesWhatIsNotCausalOrDoesNotFit) {
  EXPECT_THROW(DecodingPlan(Dense{.causal = false}, 4), c10::Error);
  EXPECT_THROW(DecodingPlan(attention::Window2d{.height = 2, .width = 2}, 4), c10::Error);
  EXPECT_THROW(DecodingPlan(Local2d{.height = 2, .width = 2, .channels = 1}, 5), c10::Error);
}

}  // namespace
}  // namespace heed::nn
