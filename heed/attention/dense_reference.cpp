// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/dense_reference.h"

#include <limits>

#include <ATen/ATen.h>

#include "heed/attention/checks.h"
#include "heed/attention/dropout.h"

namespace heed::attention {
namespace {

/// Positions of the chosen rows, [batch or 1, rows].
at::Tensor row_positions(const DenseInputs& in, const at::Tensor& rows) {
  if (!in.extents.query_start) return rows.unsqueeze(0);
  return in.extents.query_start->unsqueeze(1) + rows.unsqueeze(0);
}

/// Key position minus query position, [batch or 1, rows, keys].
at::Tensor distances(const DenseInputs& in, const at::Tensor& positions) {
  return at::arange(in.key.size(2), positions.options()) - positions.unsqueeze(-1);
}

/// True where a query may attend, [batch or 1, 1, rows, keys]; undefined if nothing is masked.
at::Tensor keep_mask(const DenseInputs& in, const at::Tensor& rows, const at::Tensor& distance) {
  at::Tensor keep;
  const auto both = [&](const at::Tensor& also) { keep = keep.defined() ? keep.logical_and(also) : also; };
  if (in.causal) both(distance.le(0));
  if (in.extents.key_lengths) {
    const auto keys = at::arange(in.key.size(2), rows.options());
    both(keys.lt(in.extents.key_lengths->unsqueeze(-1)).unsqueeze(1));
  }
  if (in.extents.segments) {
    const auto& segments = *in.extents.segments;
    both(segments.index_select(1, rows).unsqueeze(-1).eq(segments.unsqueeze(1)));
  }
  return keep.defined() ? keep.unsqueeze(1) : keep;
}

/// query . row of the table for every key, [batch, heads, length, length], in a causal square: one padding
/// column shifts each row of the product one further than the row above it (entries above the diagonal are
/// undefined, and masked).
at::Tensor skewed_scores(const at::Tensor& query, const at::Tensor& table, bool clip) {
  const int64_t length = query.size(2);
  const auto rows = lay_out_distances(table, {1 - length, 0}, true, clip);
  const auto product = at::matmul(query, rows.transpose(-1, -2));
  auto padded = at::constant_pad_nd(product, {1, 0});
  return padded.view({query.size(0), query.size(1), length + 1, length}).narrow(2, 1, length);
}

/// Row of the table for every query and key, clamped, [batch or 1, 1, rows, keys]; `inside` is true for the
/// unclamped ones.
at::Tensor table_rows(const at::Tensor& distance, int64_t rows, bool causal, at::Tensor* inside) {
  const auto row = (distance + zero_row(rows, causal)).unsqueeze(1);
  *inside = row.ge(0).logical_and(row.lt(rows));
  return row.clamp(0, rows - 1);
}

at::Tensor gathered_scores(const DenseInputs& in, const at::Tensor& query, const at::Tensor& table,
                           const at::Tensor& distance) {
  at::Tensor inside;
  const auto row = table_rows(distance, table.size(1), in.causal, &inside);
  const auto product = at::matmul(query, table.transpose(-1, -2));
  const auto scores = product.gather(3, row.expand({query.size(0), query.size(1), -1, -1}));
  return in.clip ? scores : scores.masked_fill(inside.logical_not(), 0);
}

/// Sum over keys of weight times the value row of their distance.
at::Tensor relation_output(const DenseInputs& in, const at::Tensor& weights, const at::Tensor& table,
                           const at::Tensor& distance) {
  at::Tensor inside;
  const auto row = table_rows(distance, table.size(1), in.causal, &inside);
  const auto kept = in.clip ? weights : weights.masked_fill(inside.logical_not(), 0);
  const auto by_row =
      at::zeros({weights.size(0), weights.size(1), weights.size(2), table.size(1)}, weights.options());
  return at::matmul(by_row.scatter_add(3, row.expand_as(weights), kept), table);
}

bool is_causal_square(const DenseInputs& in, int64_t rows) {
  return in.causal && !in.extents.query_start && rows == in.key.size(2) && rows > 0;
}

}  // namespace

at::Tensor dense_reference_weights(const DenseInputs& in, const at::Tensor& rows, at::Tensor* logsumexp) {
  const auto type = accumulation_type(in.query.scalar_type());
  const auto query = in.query.to(type) * in.scale, key = in.key.to(type);
  const auto distance = distances(in, row_positions(in, rows));
  auto scores = at::matmul(query, key.transpose(-1, -2));
  if (in.relation_key) {
    const auto table = in.relation_key->to(type);
    const bool skew = is_causal_square(in, rows.size(0));
    scores =
        scores + (skew ? skewed_scores(query, table, in.clip) : gathered_scores(in, query, table, distance));
  }
  const auto keep = keep_mask(in, rows, distance);
  if (keep.defined())
    scores = scores.masked_fill(keep.logical_not(), -std::numeric_limits<double>::infinity());
  if (logsumexp) *logsumexp = at::logsumexp(scores.detach(), -1);
  auto weights = at::softmax(scores, -1);
  return keep.defined() ? weights.masked_fill(keep.any(-1, true).logical_not(), 0) : weights;
}

Result dense_reference(const DenseInputs& in) {
  const auto type = accumulation_type(in.query.scalar_type());
  const auto rows = at::arange(in.query.size(2), in.query.options().dtype(at::kLong));
  Result result;
  auto weights = dense_reference_weights(in, rows, &result.logsumexp);
  const auto factors = dropout_factors(in.dropout, in.query.size(0), in.query.size(1), rows,
                                       at::arange(in.key.size(2), rows.options()), weights.options());
  if (factors.defined()) weights = weights * factors;
  auto output = at::matmul(weights, in.value.to(type));
  if (in.relation_value) {
    const auto distance = distances(in, row_positions(in, rows));
    output = output + relation_output(in, weights, in.relation_value->to(type), distance);
  }
  result.output = output.to(in.query.scalar_type());
  return result;
}

}  // namespace heed::attention
