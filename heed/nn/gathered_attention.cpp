// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/gathered_attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

namespace heed::nn {
namespace {

/// Numbers that are gathered at a time.
constexpr int64_t kGathered = 1 << 25;

/// What some queries see, [queries, longest] int64 each; what is beyond a query's count is not `seen`.
struct Seen {
  at::Tensor seen;      ///< bool
  at::Tensor position;  ///< number of each position
  at::Tensor line;      ///< where it lies, in lines of `unit` numbers
  at::Tensor distance;  ///< from the query

  Seen to(at::Device device) const {
    return {seen.to(device), position.to(device), line.to(device), distance.to(device)};
  }
};

/// What the strides of positions and of slots are multiples of.
int64_t unit_of(const at::Tensor& keys) {
  return std::max<int64_t>(1, std::gcd(keys.stride(0), keys.stride(1)));
}

Seen make_seen(const StepQueries& step, std::span<const kernels::CachedQuery> queries,
               const at::Tensor& keys) {
  const int64_t unit = unit_of(keys);
  int64_t longest = 0;
  for (const auto& query : queries) longest = std::max<int64_t>(longest, query.count);
  const std::vector<int64_t> shape{std::ssize(queries), longest};
  Seen result{at::zeros(shape, at::kBool), at::zeros(shape, at::kLong), at::zeros(shape, at::kLong),
              at::zeros(shape, at::kLong)};
  auto* seen = result.seen.mutable_data_ptr<bool>();
  auto* position = result.position.mutable_data_ptr<int64_t>();
  auto* line = result.line.mutable_data_ptr<int64_t>();
  auto* distance = result.distance.mutable_data_ptr<int64_t>();
  const auto coordinate = [&](int64_t at) -> int64_t {
    return step.coordinates.empty() ? at : step.coordinates[static_cast<size_t>(at)];
  };
  for (size_t i = 0; i < queries.size(); ++i) {
    const auto& query = queries[i];
    const auto at = [&](int32_t t) -> int64_t { return query.seen ? query.seen[t] : query.first + t; };
    for (int32_t t = 0; t < query.count; ++t) {
      const int64_t to = static_cast<int64_t>(i) * longest + t;
      seen[to] = true;
      position[to] = at(t);
      const int64_t slot = step.slots[static_cast<size_t>(at(t) * step.slot_position + query.row)];
      line[to] = (at(t) * keys.stride(0) + slot * keys.stride(1)) / unit;
      distance[to] = coordinate(at(t)) - coordinate(at(query.count - 1));
    }
  }
  return result;
}

/// The rows of a relation's tables that queries and positions meet, [queries, 1, longest], and which meet
/// any.
struct Met {
  at::Tensor row, any;
};

Met met_rows(const Seen& seen, const StepRelation& relation, int64_t rows) {
  const at::Tensor row = (seen.distance + relation.zero).unsqueeze(1);
  at::Tensor any = seen.seen.unsqueeze(1);
  if (relation.beyond == attention::Beyond::kNothing) any = any & row.ge(0) & row.lt(rows);
  return {row.clamp(0, rows - 1), any};
}

struct Attended {
  at::Tensor output, weights;  ///< [queries, heads, head_dim], [queries, heads, longest]
};

/// query [queries, heads, head_dim].
Attended attend(const at::Tensor& query, const CachedKeys& keys, const Seen& seen,
                const CachedAttentionOptions& options) {
  const int64_t heads = options.heads, head_dim = query.size(2);
  const auto gather = [&](const at::Tensor& all) {  // [queries, heads, longest, head_dim]
    const int64_t unit = unit_of(all);
    const int64_t last = (all.size(0) - 1) * all.stride(0) + (all.size(1) - 1) * all.stride(1);
    const at::Tensor by_line = all.as_strided({last / unit + 1, all.size(2)}, {unit, 1});
    const at::Tensor lines = by_line.index_select(0, seen.line.flatten());
    return lines.view({seen.line.size(0), seen.line.size(1), heads, head_dim}).transpose(1, 2);
  };
  const StepRelation& relation = options.relation;
  at::Tensor scores = gather(keys.key).matmul(query.unsqueeze(3)).squeeze(3);  // [queries, heads, longest]
  if (relation.key.defined()) {
    const Met met = met_rows(seen, relation, relation.key.size(1));
    const at::Tensor by_row = query.unsqueeze(2).matmul(relation.key.transpose(1, 2)).squeeze(2);
    scores = scores + by_row.gather(2, met.row.expand_as(scores)) * met.any;
  }
  const double scale = options.scale != 0 ? options.scale : 1 / std::sqrt(static_cast<double>(head_dim));
  const at::Tensor weights =
      (scores * scale)
          .masked_fill(seen.seen.logical_not().unsqueeze(1), -std::numeric_limits<double>::infinity())
          .softmax(2);
  at::Tensor output = weights.unsqueeze(2).matmul(gather(keys.value)).squeeze(2);
  if (relation.value.defined()) {
    const Met met = met_rows(seen, relation, relation.value.size(1));
    const at::Tensor by_row =
        at::zeros({query.size(0), heads, relation.value.size(1)}, weights.options())
            .scatter_add(2, met.row.expand_as(weights), weights * met.any);  // [queries, heads, rows]
    output = output + by_row.unsqueeze(2).matmul(relation.value).squeeze(2);
  }
  return {output, weights};
}

}  // namespace

at::Tensor gathered_attention(const at::Tensor& query, const CachedKeys& keys, const StepQueries& step,
                              const CachedAttentionOptions& options, at::Tensor* weights) {
  const int64_t queries = query.size(0), d_model = query.size(1);
  const at::Tensor asked = query.view({queries, options.heads, d_model / options.heads});
  const at::Tensor output = at::empty({queries, d_model}, query.options());
  if (weights != nullptr) *weights = at::zeros({queries, options.heads, keys.key.size(0)}, at::kFloat);
  int64_t longest = 1;
  for (const auto& one : step.queries) longest = std::max<int64_t>(longest, one.count);
  const int64_t together = std::max<int64_t>(1, kGathered / (longest * d_model));
  for (int64_t begin = 0; begin < queries; begin += together) {
    const int64_t count = std::min(together, queries - begin);
    const auto some = step.queries.subspan(static_cast<size_t>(begin), static_cast<size_t>(count));
    const Seen seen = make_seen(step, some, keys.key).to(query.device());
    const Attended attended = attend(asked.narrow(0, begin, count), keys, seen, options);
    output.narrow(0, begin, count).copy_(attended.output.flatten(1));
    if (weights == nullptr) continue;
    const at::Tensor shown = attended.weights.to(at::kCPU, at::kFloat);
    weights->narrow(0, begin, count)
        .scatter_add_(2, seen.position.to(at::kCPU).unsqueeze(1).expand_as(shown), shown);
  }
  return output;
}

}  // namespace heed::nn
