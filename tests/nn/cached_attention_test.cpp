// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/cached_attention.h"

#include <string>
#include <tuple>
#include <vector>

#include "cached_cases.h"
#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/attention/attention.h"

namespace heed::nn {
namespace {

using testing::Attended;
using testing::CachedCase;
using testing::expected;
using testing::random_case;
using testing::random_relation;

Attended attended(const CachedCase& c) {
  Attended result;
  result.output = cached_attention(c.query, c.keys, c.step(), c.options(), &result.weights);
  return result;
}

void expect_near(const Attended& actual, const Attended& expected) {
  EXPECT_LT(difference(actual.output, expected.output), 1e-5);
  ASSERT_EQ(actual.weights.sizes(), expected.weights.sizes());
  EXPECT_LT(difference(actual.weights, expected.weights), 1e-5);
  EXPECT_TRUE(actual.weights.eq(0).logical_or(expected.weights.ne(0)).all().item<bool>())
      << "0 where a query does not see";
}

TEST(CachedAttention, EqualsTheFormulaInFloat64AtOddSizesAndSoDoItsWeights) {
  uint64_t seed = 0;
  for (const int64_t head_dim : {1, 3, 8, 15, 16, 17, 33, 64}) {
    for (const int64_t positions : {1, 4, 7, 8, 17, 70}) {
      const bool one_slot = ++seed % 2 == 0;
      CachedCase c = random_case({4, 3, positions, 2, head_dim}, one_slot, seed);
      SCOPED_TRACE(::testing::Message() << head_dim << " wide, " << positions << " positions");
      expect_near(attended(c), expected(c));
      c.relation = random_relation(1, head_dim, attention::Beyond::kClip);
      SCOPED_TRACE("with a relation");
      expect_near(attended(c), expected(c));
    }
  }
}

TEST(CachedAttention, RelationsCountByTheCoordinatesThatAreGiven) {
  uint64_t seed = 100;
  for (const auto beyond : {attention::Beyond::kClip, attention::Beyond::kNothing}) {
    for (const int64_t positions : {1, 6, 19, 40}) {
      for (const int64_t tables : {1, 2}) {
        for (const char* which : {"both", "keys", "values"}) {
          const bool one_slot = ++seed % 2 == 0;
          CachedCase c = random_case({4, 3, positions, 2, 12}, one_slot, seed);
          c.relation = random_relation(tables, 12, beyond);
          if (which == std::string("keys")) c.relation.value = at::Tensor();
          if (which == std::string("values")) c.relation.key = at::Tensor();
          SCOPED_TRACE(::testing::Message() << positions << " positions, " << tables << " tables, " << which);
          expect_near(attended(c), expected(c));
          for (int64_t t = 0; t < positions; ++t)
            c.coordinates.push_back(static_cast<int32_t>(t * 11 % 17 - 8));
          expect_near(attended(c), expected(c));
        }
      }
    }
  }
}

TEST(CachedAttention, AScaleOfZeroIsThatOfTheWidthAndAnotherIsTaken) {
  CachedCase c = random_case({3, 3, 9, 2, 16}, true);
  const at::Tensor by_width = cached_attention(c.query, c.keys, c.step(), {.heads = 2});
  EXPECT_TRUE(by_width.equal(cached_attention(c.query, c.keys, c.step(), {.heads = 2, .scale = 0.25})));
  const at::Tensor one = cached_attention(c.query, c.keys, c.step(), {.heads = 2, .scale = 1});
  c.query = c.query * 4;
  EXPECT_LT(difference(one, expected(c).output), 1e-5);
}

TEST(CachedAttention, TheSameMemoryMayBeKeyAndValue) {
  CachedCase c = random_case({4, 4, 11, 1, 20}, true);
  c.keys.value = c.keys.key;
  expect_near(attended(c), expected(c));
}

/// While it lives, work is for so many threads.
class Threads {
 public:
  explicit Threads(int count) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(1); }
};

/// Few queries have their heads shared out among the threads, many are shared out themselves.
TEST(CachedAttention, ThreadsGiveTheSameBitsWhetherTheyShareQueriesOrHeads) {
  for (const int64_t rows : {1, 2, 20}) {
    CachedCase c = random_case({rows, rows, 1200, 7, 24}, false, static_cast<uint64_t>(rows));
    if (rows == 1) {  // one query that sees all of it
      c.queries = {{.row = 0, .first = 0, .count = 1200}};
      c.query = c.query.narrow(0, 0, 1);
    }
    c.relation = random_relation(7, 24, attention::Beyond::kClip);
    const Attended alone = attended(c);
    for (const int threads : {2, 3, 5}) {
      const Threads several(threads);
      const Attended shared = attended(c);
      EXPECT_TRUE(shared.output.equal(alone.output)) << rows << " rows, " << threads << " threads";
      EXPECT_TRUE(shared.weights.equal(alone.weights)) << rows << " rows, " << threads << " threads";
    }
    EXPECT_TRUE(cached_attention(c.query, c.keys, c.step(), c.options()).equal(alone.output))
        << "without weights";
  }
}

TEST(CachedAttention, AQuerysBitsDoNotDependOnTheQueriesBesideIt) {
  for (const bool one_slot : {false, true}) {
    CachedCase c = random_case({16, 16, 40, 4, 32}, one_slot, 4);
    c.relation = random_relation(4, 32, attention::Beyond::kNothing);
    const Attended together = attended(c);
    for (size_t q = 0; q < c.queries.size(); ++q) {
      const Attended alone = attended(c.only(q));
      EXPECT_TRUE(alone.output[0].equal(together.output[static_cast<int64_t>(q)])) << q;
      EXPECT_TRUE(alone.weights[0].equal(together.weights[static_cast<int64_t>(q)])) << q;
    }
  }
}

TEST(CachedAttention, KeysMayLieAtAnyStrides) {
  CachedCase c = random_case({4, 3, 9, 2, 12}, true);
  c.keys = testing::at_odd_strides(c.keys);
  expect_near(attended(c), expected(c));
}

/// Keys and values as a cache keeps them, head by head.
CachedKeys by_head(const CachedKeys& keys, int64_t heads) {
  const auto turned = [&](const at::Tensor& t) {  // in memory [slots, heads, positions, head_dim]
    return t.unflatten(2, {heads, -1}).permute({1, 2, 0, 3}).contiguous().permute({2, 0, 1, 3});
  };
  return {turned(keys.key), turned(keys.value)};
}

TEST(CachedAttention, HeadsMayLieApart) {
  for (const bool one_slot : {false, true}) {
    CachedCase c = random_case({5, 4, 40, 3, 36}, one_slot, 12);
    c.relation = random_relation(3, 36, attention::Beyond::kNothing);
    const Attended side_by_side = attended(c);
    c.keys = by_head(c.keys, 3);
    EXPECT_TRUE(attended(c).output.equal(side_by_side.output));
  }
}

/// Against the formula over the rounded numbers, and therefore with the error of float32.
TEST(CachedAttention, KeysAndValuesMayBeBfloat16) {
  for (const int64_t head_dim : {1, 7, 16, 32, 33, 64, 100}) {
    for (const bool one_slot : {false, true}) {
      CachedCase c = random_case({4, 3, 50, 2, head_dim}, one_slot, static_cast<uint64_t>(head_dim));
      c.relation = random_relation(2, head_dim, attention::Beyond::kClip);
      c.keys = {c.keys.key.to(at::kBFloat16), c.keys.value.to(at::kBFloat16)};
      SCOPED_TRACE(head_dim);
      expect_near(attended(c), expected(c));
      const Attended side_by_side = attended(c);
      c.keys = by_head(c.keys, 2);
      EXPECT_TRUE(attended(c).output.equal(side_by_side.output));
    }
  }
}

TEST(CachedAttention, WhereTheKeysLieChangesNoBit) {
  CachedCase c = random_case({6, 5, 33, 2, 17}, false, 8);
  const at::Tensor before = attended(c).output;
  // The other way round in memory, with the slots renamed.
  const auto turned = [](const at::Tensor& t) {
    return t.flip(1).transpose(0, 1).contiguous().transpose(0, 1);
  };
  c.keys = {turned(c.keys.key), turned(c.keys.value)};
  for (auto& slot : c.slots) slot = 4 - slot;
  EXPECT_TRUE(attended(c).output.equal(before));
}

TEST(CachedAttention, ExtremeScoresGiveNoNan) {
  CachedCase c = random_case({2, 2, 9, 1, 8}, true);
  c.keys = {(c.keys.key * 1e18).contiguous(), c.keys.value.contiguous()};
  c.query = c.query * 1e18;
  EXPECT_TRUE(cached_attention(c.query, c.keys, c.step(), c.options()).isfinite().all().item<bool>());
}

TEST(CachedAttention, NoQueriesGiveNothing) {
  CachedCase c = random_case({2, 2, 3, 2, 4}, true);
  c.queries.clear();
  c.query = c.query.narrow(0, 0, 0);
  const Attended none = attended(c);
  EXPECT_EQ(none.output.sizes(), at::IntArrayRef({0, 8}));
  EXPECT_EQ(none.weights.sizes(), at::IntArrayRef({0, 2, 3}));
}

TEST(CachedAttention, RefusesOtherShapesAndTypes) {
  const CachedCase right = random_case({2, 2, 3, 2, 4}, true);
  const auto refuses = [&](auto change) {
    CachedCase c = right;
    change(c);
    EXPECT_THROW(attended(c), c10::Error);
  };
  attended(right);
  const int64_t queries = right.query.size(0);
  refuses([&](CachedCase& c) { c.query = at::randn({queries, 7}); });
  refuses([&](CachedCase& c) { c.query = at::randn({queries + 1, 8}); });
  refuses([&](CachedCase& c) { c.heads = 3; });
  refuses([&](CachedCase& c) { c.query = at::randn({8, queries}).t(); });
  refuses([&](CachedCase& c) { c.keys.key = c.keys.key.to(at::kDouble); });
  refuses([&](CachedCase& c) { c.keys.value = c.keys.value.narrow(0, 0, 2); });
  refuses([&](CachedCase& c) { c.keys.value = c.keys.value.contiguous(); });
  refuses([&](CachedCase& c) { c.relation.key = at::randn({3, 5, 4}); });
  refuses([&](CachedCase& c) { c.relation.key = at::randn({2, 5, 3}); });
  refuses([&](CachedCase& c) { c.relation.key = at::randn({2, 4, 5}).transpose(1, 2); });
  refuses([&](CachedCase& c) { c.relation.key = at::randn({2, 5, 4}, at::kDouble); });
  refuses([&](CachedCase& c) { c.relation = {.key = at::randn({2, 5, 4}), .value = at::randn({2, 6, 4})}; });
}

TEST(CachedAttention, RefusesRelationsOfKeysAndOfValuesWithUnlikeNumbersOfTables) {
  CachedCase c = random_case({2, 2, 3, 2, 4}, true);
  c.relation = {.key = at::randn({2, 5, 4}), .value = at::randn({1, 5, 4})};
  EXPECT_THROW(attended(c), c10::Error);
  c.relation = {.key = at::randn({1, 5, 4}), .value = at::randn({2, 5, 4})};
  EXPECT_THROW(attended(c), c10::Error);
}

/// By the dtype, how many rows an input may have, and the heads: the cache lies otherwise where either is
/// one.
class EveryCache : public ::testing::TestWithParam<std::tuple<at::ScalarType, int64_t, int64_t>> {};

TEST_P(EveryCache, HoldsWhatEachRowWroteWhereItsIndexSays) {
  const auto [type, rows_per_input, heads] = GetParam();
  RowIndex index(2, rows_per_input, 6);
  KeyValueCache cache(index, {heads, 6 / heads}, at::dtype(type));
  std::vector<std::vector<at::Tensor>> past(2);
  const auto append = [&](const std::vector<int64_t>& counts, const at::Tensor& key_value) {
    index.advance(counts);
    cache.append(key_value, index);
    for (size_t q = 0; q < index.queries().queries.size(); ++q)
      past[static_cast<size_t>(index.queries().queries[q].row)].push_back(
          key_value[static_cast<int64_t>(q)].to(type));
  };
  const auto reorder = [&](const std::vector<int64_t>& rows) {
    index.reorder(at::tensor(rows, at::kLong));
    std::vector<std::vector<at::Tensor>> moved;
    for (const int64_t row : rows) moved.push_back(past[static_cast<size_t>(row)]);
    past = moved;
  };
  append({3, 1}, at::randn({4, 20}, at::dtype(type)).narrow(1, 7, 12));  // a part of a wider product
  if (rows_per_input == 1) {
    reorder({1, 0});
    append({2, 1}, at::randn({12, 3}, at::dtype(type)).t());  // not side by side
  } else {
    reorder({1, 0, 0, 1});
    append({2, 1, 1, 2}, at::randn({12, 6}, at::dtype(type)).t());
  }
  append({}, at::randn({std::ssize(past), 12}, at::kDouble));  // another type
  const StepQueries step = index.queries();
  const CachedKeys keys = cache.keys();
  const at::Tensor key = keys.key.flatten(2), value = keys.value.flatten(2);
  EXPECT_EQ(key.sizes(), at::IntArrayRef({6, 2 * rows_per_input, 6}));
  for (size_t r = 0; r < past.size(); ++r) {
    for (size_t t = 0; t < past[r].size(); ++t) {
      const auto slot = step.slots[t * static_cast<size_t>(step.slot_position) + r];
      const auto position = static_cast<int64_t>(t);
      EXPECT_TRUE(key[position][slot].equal(past[r][t].narrow(0, 0, 6))) << r << " " << t;
      EXPECT_TRUE(value[position][slot].equal(past[r][t].narrow(0, 6, 6))) << r << " " << t;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Caches, EveryCache,
                         ::testing::Combine(::testing::Values(at::kFloat, at::kDouble, at::kBFloat16),
                                            ::testing::Values(1, 2), ::testing::Values(1, 3)),
                         [](const auto& info) {
                           return std::string(c10::toString(std::get<0>(info.param))) +
                                  (std::get<1>(info.param) == 1 ? "OneRow" : "Beams") +
                                  (std::get<2>(info.param) == 1 ? "OneHead" : "Heads");
                         });

TEST(KeyValueCache, CanRoundWhatItKeepsToBfloat16) {
  for (const int64_t rows_per_input : {1, 2}) {
    RowIndex index(2, rows_per_input, 6);
    KeyValueCache cache(index, {.heads = 3, .head_dim = 5, .rounded = true}, at::dtype(at::kFloat));
    index.advance();
    const at::Tensor key_value = at::randn({2, 30});
    cache.append(key_value, index);
    const at::Tensor expected = key_value.to(at::kBFloat16).view({2, 2, 3, 5});
    for (int64_t row = 0; row < 2; ++row) {
      const int64_t slot = row * rows_per_input;
      EXPECT_TRUE(cache.keys().key[0][slot].equal(expected[row][0]));
      EXPECT_TRUE(cache.keys().value[0][slot].equal(expected[row][1]));
    }
  }
}

TEST(KeyValueCache, RefusesAnotherShape) {
  RowIndex index(2, 1, 6);
  KeyValueCache cache(index, {2, 2}, at::dtype(at::kFloat));
  index.advance(std::vector<int64_t>{2, 1});
  EXPECT_THROW(cache.append(at::randn({2, 8}), index), c10::Error);
  EXPECT_THROW(cache.append(at::randn({3, 4}), index), c10::Error);
}

TEST(MemoryIndex, EveryQueryOfARowSeesAllOfItsInputsMemory) {
  MemoryIndex memory(at::tensor({4, 1, 7}, at::kLong));
  RowIndex index(3, 2, 9);
  index.advance(std::vector<int64_t>{1, 1, 2});
  index.reorder(at::tensor({2, 0, 2}, at::kLong));
  index.advance(std::vector<int64_t>{2, 3, 2});
  const StepQueries& seen = memory.look(index);
  ASSERT_EQ(seen.queries.size(), 7u);
  EXPECT_EQ(seen.slot_position, 0);
  const std::vector<int32_t> inputs{2, 2, 0, 0, 0, 2, 2}, counts{7, 7, 4, 4, 4, 7, 7};
  for (size_t q = 0; q < 7; ++q) {
    EXPECT_EQ(seen.slots[static_cast<size_t>(seen.queries[q].row)], inputs[q]);
    EXPECT_EQ(seen.queries[q].first, 0);
    EXPECT_EQ(seen.queries[q].count, counts[q]);
    EXPECT_EQ(seen.queries[q].seen, nullptr);
  }
  EXPECT_EQ(memory.length(1), 1);
}

TEST(MemoryIndex, CanTakeSomeQueriesOfEachInputSideBySide) {
  MemoryIndex memory(at::tensor({4, 2}, at::kInt));
  const StepQueries& seen = memory.look_by_input(3);
  ASSERT_EQ(seen.queries.size(), 6u);
  for (size_t q = 0; q < 6; ++q) {
    EXPECT_EQ(seen.slots[static_cast<size_t>(seen.queries[q].row)], q < 3 ? 0 : 1);
    EXPECT_EQ(seen.queries[q].count, q < 3 ? 4 : 2);
  }
  EXPECT_TRUE(memory.look_by_input(0).queries.empty());
}

}  // namespace
}  // namespace heed::nn
