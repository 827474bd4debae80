// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include <ATen/ATen.h>

#include "heed/nn/cached_attention.h"

namespace heed::testing {

/// A problem of cached_attention() with all that it refers to.
struct CachedCase {
  int64_t heads = 1;
  at::Tensor query;  ///< [queries, heads * head_dim]
  nn::CachedKeys keys;
  std::vector<kernels::CachedQuery> queries;
  std::vector<int32_t> slots, coordinates;
  int64_t slot_position = 0;
  std::shared_ptr<std::vector<std::vector<int32_t>>> lists;  ///< what queries with gaps see
  nn::StepRelation relation;

  nn::StepQueries step() const {
    return {.queries = queries, .slots = slots, .slot_position = slot_position, .coordinates = coordinates};
  }
  nn::CachedAttentionOptions options() const { return {.heads = heads, .relation = relation}; }
  CachedCase only(size_t number) const {
    CachedCase one = *this;
    one.query = query.narrow(0, static_cast<int64_t>(number), 1);
    one.queries = {queries[number]};
    return one;
  }
  CachedCase to(at::ScalarType dtype) const {
    CachedCase other = *this;
    other.query = query.to(dtype);
    other.keys = {keys.key.to(dtype), keys.value.to(dtype)};
    if (relation.key.defined()) other.relation.key = relation.key.to(dtype);
    if (relation.value.defined()) other.relation.value = relation.value.to(dtype);
    return other;
  }
};

struct CachedShape {
  int64_t rows, slots, positions, heads, head_dim;
};

/// Keys and values that rows find in random slots. Of each row ask one to three positions: about a third of
/// them see all before them, a third a range, a third a list with gaps.
inline CachedCase random_case(const CachedShape& s, bool one_slot, uint64_t seed = 1) {
  std::mt19937 random(static_cast<uint32_t>(seed));
  const auto below = [&](int64_t bound) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(bound));
  };
  const int64_t width = s.heads * s.head_dim;
  CachedCase c;
  c.heads = s.heads;
  // As a cache lies, or as the memory of sentences does.
  const at::Tensor store = one_slot ? at::randn({s.slots, s.positions, 2 * width}).transpose(0, 1)
                                    : at::randn({s.positions, s.slots, 2 * width});
  c.keys = {store.narrow(2, 0, width), store.narrow(2, width, width)};
  c.slot_position = one_slot ? 0 : s.rows;
  for (int64_t i = 0; i < (one_slot ? 1 : s.positions) * s.rows; ++i)
    c.slots.push_back(static_cast<int32_t>(below(s.slots)));
  c.lists = std::make_shared<std::vector<std::vector<int32_t>>>();
  c.lists->reserve(static_cast<size_t>(3 * s.rows));
  for (int64_t row = 0; row < s.rows; ++row) {
    for (int64_t n = 1 + below(3); n > 0; --n) {
      const auto own = static_cast<int32_t>(below(s.positions));
      kernels::CachedQuery query{.row = static_cast<int32_t>(row), .first = 0, .count = own + 1};
      const int64_t kind = below(3);
      if (kind == 1) {
        query.first = static_cast<int32_t>(below(own + 1));
        query.count = own + 1 - query.first;
      } else if (kind == 2) {
        auto& list = c.lists->emplace_back();
        for (int32_t t = 0; t < own; ++t)
          if (below(2) == 0) list.push_back(t);
        list.push_back(own);
        query.first = -1;  // says nothing where there is a list
        query.count = static_cast<int32_t>(list.size());
        query.seen = list.data();
      }
      c.queries.push_back(query);
    }
  }
  c.query = at::randn({std::ssize(c.queries), 3 * width}).narrow(1, 0, width);
  return c;
}

struct Attended {
  at::Tensor output, weights;
};

/// The formula in float64, query by query.
inline Attended expected(const CachedCase& c) {
  std::vector<at::Tensor> outputs, weights;
  const int64_t head_dim = c.query.size(1) / c.heads;
  for (size_t q = 0; q < c.queries.size(); ++q) {
    const auto& query = c.queries[q];
    std::vector<int64_t> positions;
    for (int32_t t = 0; t < query.count; ++t)
      positions.push_back(query.seen ? query.seen[t] : query.first + t);
    const auto gather = [&](const at::Tensor& from) {  // [heads, count, head_dim]
      std::vector<at::Tensor> lines;
      for (const int64_t t : positions)
        lines.push_back(from[t][c.slots[static_cast<size_t>(t * c.slot_position + query.row)]]);
      return at::stack(lines).to(at::kDouble).view({-1, c.heads, head_dim}).transpose(0, 1);
    };
    const auto coordinate = [&](int64_t t) -> int64_t {
      return c.coordinates.empty() ? t : c.coordinates[static_cast<size_t>(t)];
    };
    const auto related = [&](const at::Tensor& table) {  // [heads or 1, count, head_dim]
      std::vector<at::Tensor> met;
      for (const int64_t t : positions) {
        const int64_t row = c.relation.zero + coordinate(t) - coordinate(positions.back()),
                      last = table.size(1) - 1;
        const bool nothing = c.relation.beyond == attention::Beyond::kNothing && (row < 0 || row > last);
        met.push_back(table.select(1, std::clamp<int64_t>(row, 0, last)) * (nothing ? 0 : 1));
      }
      return at::stack(met, 1).to(at::kDouble);
    };
    const at::Tensor asked = c.query[static_cast<int64_t>(q)].to(at::kDouble).view({c.heads, -1, 1});
    at::Tensor scores = gather(c.keys.key).matmul(asked).squeeze(-1);
    if (c.relation.key.defined()) scores = scores + related(c.relation.key).matmul(asked).squeeze(-1);
    const at::Tensor weight =
        (scores / std::sqrt(static_cast<double>(head_dim))).softmax(-1);  // [heads, count]
    at::Tensor output = weight.unsqueeze(1).matmul(gather(c.keys.value));
    if (c.relation.value.defined()) output = output + weight.unsqueeze(1).matmul(related(c.relation.value));
    outputs.push_back(output.flatten());
    weights.push_back(at::zeros({c.heads, c.keys.key.size(0)}, at::kDouble)
                          .index_copy(1, at::tensor(positions, at::kLong), weight));
  }
  return {at::stack(outputs), at::stack(weights)};
}

/// The same numbers where neither stride is a multiple of the other.
inline nn::CachedKeys at_odd_strides(const nn::CachedKeys& keys) {
  const int64_t positions = keys.key.size(0), slots = keys.key.size(1), width = keys.key.size(2);
  const int64_t slot = width + 5, position = slots * slot + 3;
  const auto moved = [&](const at::Tensor& from) {
    const at::Tensor to = at::empty({positions * position + width}, from.options());
    return to.as_strided({positions, slots, width}, {position, slot, 1}).copy_(from);
  };
  return {moved(keys.key), moved(keys.value)};
}

/// Tables of distances that reach less far than the positions lie apart, in both directions.
inline nn::StepRelation random_relation(int64_t heads, int64_t head_dim, attention::Beyond beyond) {
  return {.key = at::randn({heads, 9, head_dim}),
          .value = at::randn({heads, 9, head_dim}),
          .zero = 5,
          .beyond = beyond};
}

}  // namespace heed::testing
