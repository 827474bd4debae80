// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/planned_cache.h"

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

class EveryPattern : public testing::TestWithParam<Case> {};

TEST_P(EveryPattern, APositionSeesWhatThePatternLetsIt) {
  const auto& [name, pattern, length] = GetParam();
  auto plan = std::make_shared<const DecodingPlan>(pattern, length);
  PlannedCache cache(plan, 2, 1, at::kDouble);
  attention::LocalPattern local = Local1d{.query_block = length, .memory_before = 0};  // as dense sees it
  if (const auto* line = std::get_if<Local1d>(&pattern)) local = *line;
  if (const auto* image = std::get_if<Local2d>(&pattern)) local = *image;
  for (int64_t position = 0; position < length; ++position) {
    const at::Tensor own = at::tensor({static_cast<double>(position), -static_cast<double>(position)});
    cache.append(own.to(at::kDouble).unsqueeze(1), own.to(at::kDouble).unsqueeze(1) + 0.5);
    const auto pairs = attention::local_pairs(local, at::tensor({position}, at::kLong), length);
    const at::Tensor keys = pairs.keep[0].nonzero().squeeze(1);  // ascending
    const at::Tensor seen = cache.key().squeeze(2);
    ASSERT_EQ(seen.size(1), keys.size(0)) << "at " << position;
    EXPECT_TRUE(seen[0].equal(keys.to(at::kDouble))) << "at " << position;
    EXPECT_TRUE(seen[1].equal(-keys.to(at::kDouble))) << "at " << position;
    EXPECT_TRUE(cache.value()[0].squeeze(1).equal(keys.to(at::kDouble) + 0.5));
    const at::Tensor places = cache.places().to(at::kLong);
    EXPECT_TRUE((places - places[-1]).equal(pairs.distance[0].index_select(0, keys))) << "at " << position;
    EXPECT_LE(keys.size(0), plan->capacity());
  }
  EXPECT_ANY_THROW(cache.append(at::randn({2, 1}), at::randn({2, 1})));
}

TEST_P(EveryPattern, StepsEqualTheFullPassWithAndWithoutDistances) {
  const at::NoGradGuard no_gradient;
  const auto& [name, pattern, length] = GetParam();
  for (const auto relation : {RelationKind::kNone, RelationKind::kMusic}) {
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
      auto cache = attention->make_cache(std::make_shared<const DecodingPlan>(pattern, length), 3);
      const double tolerance = dtype == at::kDouble ? 1e-9 : 1e-4;
      for (int64_t position = 0; position < length; ++position) {
        const at::Tensor step = attention->step(input.select(1, position), cache);
        EXPECT_TRUE(at::allclose(step, whole.select(1, position), tolerance, tolerance))
            << name << " at " << position << ", relation " << static_cast<int>(relation);
      }
    }
  }
}

TEST_P(EveryPattern, ReorderedRowsGoOnAsTheirOriginals) {
  const auto& [name, pattern, length] = GetParam();
  PlannedCache cache(std::make_shared<const DecodingPlan>(pattern, length), 3, 2, at::kDouble);
  const at::Tensor tokens = at::randn({3, length, 2}, at::kDouble);
  const int64_t half = length / 2;
  for (int64_t i = 0; i < half; ++i) cache.append(tokens.select(1, i), tokens.select(1, i));
  const at::Tensor before = cache.key().clone(), order = at::tensor({2, 0}, at::kLong);
  cache.reorder(order);
  EXPECT_TRUE(cache.key().equal(before.index_select(0, order)));
}

INSTANTIATE_TEST_SUITE_P(Patterns, EveryPattern, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

TEST(DecodingPlan, RefusesWhatIsNotCausalOrDoesNotFit) {
  EXPECT_ANY_THROW(DecodingPlan(Dense{.causal = false}, 4));
  EXPECT_ANY_THROW(DecodingPlan(attention::Window2d{.height = 2, .width = 2}, 4));
  EXPECT_ANY_THROW(DecodingPlan(Local2d{.height = 2, .width = 2, .channels = 1}, 5));
}

}  // namespace
}  // namespace heed::nn
