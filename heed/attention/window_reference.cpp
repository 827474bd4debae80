// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/window_reference.h"

#include <limits>

#include <ATen/ATen.h>

#include "heed/attention/checks.h"
#include "heed/attention/dropout.h"

namespace heed::attention {
namespace {

/// Keys or values of every cell, [batch, heads, queries, size * size, head_dim]; zeros beyond the image.
at::Tensor gather(const at::Tensor& image, const at::Tensor& keys) {
  const auto padded = at::constant_pad_nd(image, {0, 0, 0, 1});
  return padded.index_select(2, keys.flatten())
      .view({image.size(0), image.size(1), keys.size(0), keys.size(1), image.size(3)});
}

/// What the tables add, [batch, heads, queries, size * size].
at::Tensor relation_scores(const WindowInputs& in, const at::Tensor& query) {
  const int64_t half = query.size(3) / 2;
  const auto type = query.scalar_type();
  const auto rows = at::matmul(query.narrow(3, 0, half), in.row->to(type).transpose(1, 2));
  const auto columns = at::matmul(query.narrow(3, half, half), in.column->to(type).transpose(1, 2));
  return (rows.unsqueeze(4) + columns.unsqueeze(3)).flatten(3, 4);
}

}  // namespace

at::Tensor window_keys(const WindowInputs& in, const at::Tensor& queries) {
  const Window2d& p = in.pattern;
  const auto offset = at::arange(p.size, queries.options()) - p.size / 2;
  const auto row =
      (queries.div(in.query_width(), "floor") * p.stride).unsqueeze(1) + offset;  // [queries, size]
  const auto column = (queries.remainder(in.query_width()) * p.stride).unsqueeze(1) + offset;
  const auto inside = (row.ge(0).logical_and(row.lt(p.height)))
                          .unsqueeze(2)
                          .logical_and(column.ge(0).logical_and(column.lt(p.width)).unsqueeze(1));
  const auto key = row.unsqueeze(2) * p.width + column.unsqueeze(1);
  return key.masked_fill(inside.logical_not(), p.height * p.width).flatten(1);
}

at::Tensor window_reference_weights(const WindowInputs& in, const at::Tensor& queries,
                                    at::Tensor* logsumexp) {
  const auto type = accumulation_type(in.query.scalar_type());
  const auto keys = window_keys(in, queries);
  const auto query = in.query.to(type) * in.scale;
  auto scores = at::matmul(gather(in.key.to(type), keys), query.unsqueeze(4)).squeeze(4);
  if (in.row) scores = scores + relation_scores(in, query);
  if (in.pattern.border == Border::kMasked) {
    const auto beyond = keys.eq(in.pattern.height * in.pattern.width);
    scores = scores.masked_fill(beyond, -std::numeric_limits<double>::infinity());
  }
  if (logsumexp) *logsumexp = at::logsumexp(scores.detach(), -1);
  return at::softmax(scores, -1);
}

Result window_reference(const WindowInputs& in) {
  const auto type = accumulation_type(in.query.scalar_type());
  const auto queries = at::arange(in.query.size(2), in.query.options().dtype(at::kLong));
  const auto keys = window_keys(in, queries);
  Result result;
  auto weights = window_reference_weights(in, queries, &result.logsumexp);
  if (in.dropout.p > 0) {
    const int64_t pixels = in.pattern.height * in.pattern.width;
    const auto beyond = at::arange(in.cells(), keys.options()) + pixels;
    weights = weights * dropout_factors(in.dropout, in.query.size(0), in.query.size(1), queries,
                                        at::where(keys.eq(pixels), beyond, keys), weights.options());
  }
  const auto output = at::matmul(weights.unsqueeze(3), gather(in.value.to(type), keys)).squeeze(3);
  result.output = output.to(in.query.scalar_type());
  return result;
}

}  // namespace heed::attention
