// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/node_features.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/repeat_interleave.h>

#include "heed/attention/edge_sum.h"
#include "heed/attention/edges.h"
#include "heed/nn/dropout.h"

namespace heed::nn {
namespace {

at::Tensor sparse_products(const SparseMatrix& features, const at::Tensor& weight, double dropout) {
  const at::Tensor values = features.values.unsqueeze(1);
  if (dropout > 0 && weight.size(1) > 1)
    return attention::edge_sum(weight, Dropout(dropout)->forward(values.expand({-1, weight.size(1)})),
                               features.entries);
  // All heads have the same entries: one wide head.
  const at::Tensor entries = dropout > 0 ? Dropout(dropout)->forward(values) : values;
  return attention::edge_sum(weight.flatten(1).unsqueeze(1), entries, features.entries)
      .view({-1, weight.size(1), weight.size(2)});
}

}  // namespace

SparseMatrix sparse_matrix(const at::Tensor& row_begin, const at::Tensor& columns, const at::Tensor& values,
                           int64_t width) {
  const int64_t rows = row_begin.size(0) - 1;
  const at::Tensor of_row = at::repeat_interleave(at::arange(rows, row_begin.options().dtype(at::kLong)),
                                                  row_begin.slice(0, 1) - row_begin.slice(0, 0, rows));
  return {attention::make_edges(columns, of_row, width, rows), values};
}

at::Tensor head_products(const NodeFeatures& features, const at::Tensor& weight, double dropout) {
  if (features.is_sparse()) return sparse_products(features.sparse, weight, dropout);
  const int64_t heads = weight.size(1), out = weight.size(2);
  if (dropout > 0 && heads > 1) {
    const at::Tensor inputs = Dropout(dropout)->forward(features.dense.expand({heads, -1, -1}));
    return at::bmm(inputs, weight.transpose(0, 1)).transpose(0, 1);
  }
  const at::Tensor input = dropout > 0 ? Dropout(dropout)->forward(features.dense) : features.dense;
  return at::matmul(input, weight.flatten(1)).view({-1, heads, out});
}

}  // namespace heed::nn
