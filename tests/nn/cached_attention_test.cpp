// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/cached_attention.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/attention/attention.h"

namespace heed::nn {
namespace {

double difference(const at::Tensor& a, const at::Tensor& b) {
  return a.numel() == 0 ? 0.0 : (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

struct Shape {
  int64_t rows, slots, positions, heads, head_dim;
};

/// Keys and values that rows find in random slots, of random lengths.
CachedSteps random_steps(const Shape& s, bool one_slot) {
  CachedSteps steps;
  steps.key = at::randn({s.slots, s.positions, s.heads * s.head_dim});
  steps.value = at::randn({s.positions, s.slots, s.heads * s.head_dim}).transpose(0, 1);
  steps.slot = at::randint(s.slots, {one_slot ? 1 : s.positions, s.rows}, at::kInt);
  steps.length = at::randint(1, s.positions + 1, {s.rows}, at::kInt);
  return steps;
}

struct Attended {
  at::Tensor output, weights;
};

Attended attended(const at::Tensor& query, int64_t heads, const CachedSteps& steps) {
  Attended result;
  result.output = cached_attention(query, heads, steps, &result.weights);
  return result;
}

/// The same in float64 by the formula, row by row.
Attended expected(const at::Tensor& query, int64_t heads, const CachedSteps& steps) {
  std::vector<at::Tensor> rows, row_weights;
  for (int64_t r = 0; r < query.size(0); ++r) {
    const auto length = steps.length[r].item<int64_t>();
    const auto gather = [&](const at::Tensor& from) {
      std::vector<at::Tensor> places;
      for (int64_t t = 0; t < length; ++t) {
        const at::Tensor slot = steps.slot[steps.slot.size(0) == 1 ? 0 : t][r];
        places.push_back(from[slot.item<int64_t>()][t]);
      }
      return at::stack(places)
          .to(at::kDouble)
          .view({length, heads, -1})
          .transpose(0, 1);  // [heads, length, head_dim]
    };
    const at::Tensor key = gather(steps.key), value = gather(steps.value);
    const at::Tensor q = query[r].to(at::kDouble).view({heads, -1, 1});
    at::Tensor scores = key.matmul(q).squeeze(-1);
    const auto related = [&](const at::Tensor& table) {  // [heads, length, head_dim]
      const StepRelation& relation = steps.relation;
      std::vector<at::Tensor> met;
      for (int64_t t = 0; t < length; ++t) {
        const int64_t distance = relation.place.defined()
                                     ? relation.place[t].item<int64_t>() - relation.query_place
                                     : t - (length - 1);
        const int64_t row = relation.zero + distance, last = table.size(1) - 1;
        const bool nothing = relation.beyond == attention::Beyond::kNothing && (row < 0 || row > last);
        met.push_back(table.select(1, std::clamp<int64_t>(row, 0, last)) * (nothing ? 0 : 1));
      }
      return at::stack(met, 1).to(at::kDouble);
    };
    if (steps.relation.key.defined()) scores = scores + related(steps.relation.key).matmul(q).squeeze(-1);
    const at::Tensor weights =
        (scores / std::sqrt(static_cast<double>(key.size(2)))).softmax(-1).unsqueeze(1);
    row_weights.push_back(at::constant_pad_nd(weights.squeeze(1), {0, steps.key.size(1) - length}));
    at::Tensor output = weights.matmul(value);
    if (steps.relation.value.defined()) output = output + weights.matmul(related(steps.relation.value));
    rows.push_back(output.flatten());
  }
  return {at::stack(rows), at::stack(row_weights)};
}

void expect_near(const Attended& actual, const Attended& expected) {
  EXPECT_LT(difference(actual.output, expected.output), 1e-5);
  ASSERT_EQ(actual.weights.sizes(), expected.weights.sizes());
  EXPECT_LT(difference(actual.weights, expected.weights), 1e-5);
  EXPECT_TRUE(actual.weights.eq(0).logical_or(expected.weights.ne(0)).all().item<bool>())
      << "0 past the length";
}

TEST(CachedAttention, EqualsTheFormulaInFloat64AtOddSizesAndSoDoItsWeights) {
  at::manual_seed(3);
  for (const int64_t head_dim : {1, 3, 8, 15, 16, 17, 33, 64}) {
    for (const int64_t positions : {1, 7, 8, 17, 70}) {
      for (const bool one_slot : {false, true}) {
        const Shape shape{5, 3, positions, 2, head_dim};
        CachedSteps steps = random_steps(shape, one_slot);
        const at::Tensor query =
            at::randn({shape.rows, 3 * shape.heads * head_dim}).narrow(1, 0, 2 * head_dim);
        SCOPED_TRACE(testing::Message() << head_dim << " " << positions);
        expect_near(attended(query, 2, steps), expected(query, 2, steps));
        steps.relation = {
            .key = at::randn({1, 4, head_dim}), .value = at::randn({1, 4, head_dim}), .zero = 3};
        SCOPED_TRACE("with a relation");
        expect_near(attended(query, 2, steps), expected(query, 2, steps));
      }
    }
  }
}

TEST(CachedAttention, RelationsOfEachHeadCountInThePlacesThatAreGiven) {
  for (const auto beyond : {attention::Beyond::kClip, attention::Beyond::kNothing}) {
    for (const int64_t positions : {1, 6, 19}) {
      CachedSteps steps = random_steps({3, 3, positions, 2, 12}, true);
      steps.relation = {.key = at::randn({2, 9, 12}), .zero = 4, .beyond = beyond};
      steps.relation.place = at::randint(-8, 9, {positions}, at::kInt);
      steps.relation.query_place = 1;
      const at::Tensor query = at::randn({3, 24});
      SCOPED_TRACE(positions);
      expect_near(attended(query, 2, steps), expected(query, 2, steps));
      steps.relation.value = at::randn({2, 9, 12});
      expect_near(attended(query, 2, steps), expected(query, 2, steps));
    }
  }
}

TEST(CachedAttention, ARowsBitsDependNeitherOnTheRowsBesideItNorOnThreads) {
  at::manual_seed(4);
  const CachedSteps steps = random_steps({16, 16, 40, 4, 32}, false);
  const at::Tensor query = at::randn({16, 128});
  const auto [together, weights] = attended(query, 4, steps);
  EXPECT_TRUE(cached_attention(query, 4, steps).equal(together)) << "with and without weights";
  at::set_num_threads(3);
  const Attended threaded = attended(query, 4, steps);
  EXPECT_TRUE(threaded.output.equal(together) && threaded.weights.equal(weights));
  at::set_num_threads(1);
  for (int64_t r = 0; r < 16; ++r) {
    const int64_t length = steps.length[r].item<int>();
    CachedSteps alone;
    alone.key = steps.key.narrow(1, 0, length);
    alone.value = steps.value.narrow(1, 0, length);
    alone.slot = steps.slot.narrow(0, 0, length).narrow(1, r, 1);
    alone.length = steps.length.narrow(0, r, 1);
    const Attended row = attended(query.narrow(0, r, 1), 4, alone);
    EXPECT_TRUE(row.output[0].equal(together[r])) << r;
    EXPECT_TRUE(row.weights[0].equal(weights[r].narrow(1, 0, length))) << r;
  }
}

TEST(CachedAttention, ExtremeScoresGiveNoNan) {
  CachedSteps steps = random_steps({2, 2, 9, 1, 8}, true);
  steps.key = steps.key * 1e18;
  const at::Tensor output = cached_attention(at::randn({2, 8}) * 1e18, 1, steps);
  EXPECT_TRUE(output.isfinite().all().item<bool>());
}

TEST(CachedAttention, RefusesOtherShapesAndTypes) {
  const CachedSteps steps = random_steps({2, 2, 3, 2, 4}, true);
  EXPECT_THROW(cached_attention(at::randn({2, 7}), 2, steps), c10::Error);
  CachedSteps wide = steps;
  wide.key = steps.key.to(at::kDouble);
  EXPECT_THROW(cached_attention(at::randn({2, 8}), 2, wide), c10::Error);
  CachedSteps related = steps;
  related.relation.key = at::randn({3, 5, 4});
  EXPECT_THROW(cached_attention(at::randn({2, 8}), 2, related), c10::Error);
  related.relation.key = at::randn({2, 5, 4});
  related.relation.place = at::zeros({2}, at::kInt);
  EXPECT_THROW(cached_attention(at::randn({2, 8}), 2, related), c10::Error);
}

TEST(TokenCache, ReorderedRowsKeepTheirOwnPast) {
  at::manual_seed(5);
  TokenCache cache(2, 4, 4, 6);
  std::vector<std::vector<at::Tensor>> past(2);
  const auto append = [&](int64_t rows) {
    const at::Tensor key = at::randn({rows, 6});
    cache.append(key, key * 2);
    for (int64_t r = 0; r < rows; ++r) past[static_cast<size_t>(r)].push_back(key[r]);
  };
  const auto reorder = [&](const std::vector<int64_t>& rows) {
    cache.reorder(at::tensor(rows));
    std::vector<std::vector<at::Tensor>> moved;
    for (const int64_t r : rows) moved.push_back(past[static_cast<size_t>(r)]);
    past = moved;
  };
  append(2);
  reorder({1, 0, 0, 1});
  append(4);
  reorder({3, 3, 0});
  append(3);
  reorder({2, 1, 1});
  append(3);
  reorder({1, 0});
  const CachedSteps steps = cache.steps();
  for (int64_t r = 0; r < 2; ++r) {
    for (int64_t t = 0; t < 4; ++t) {
      const at::Tensor key = steps.key[steps.slot[t][r].item<int64_t>()][t];
      EXPECT_TRUE(key.equal(past[static_cast<size_t>(r)][static_cast<size_t>(t)])) << r << " " << t;
      EXPECT_TRUE(steps.value[steps.slot[t][r].item<int64_t>()][t].equal(key * 2));
    }
  }
  EXPECT_THROW(cache.append(at::zeros({2, 6}), at::zeros({2, 6})), c10::Error);
  EXPECT_THROW(cache.reorder(at::zeros({5}, at::kLong)), c10::Error);
}

}  // namespace
}  // namespace heed::nn
