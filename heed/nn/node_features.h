// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"

namespace heed::nn {

/// A sparse matrix [rows, columns], such as the bags of words of documents: its stored entries are edges from columns to rows,
/// numbered row by row.
struct SparseMatrix {
  attention::Edges entries;
  at::Tensor values;  ///< [entries] float

  int64_t rows() const { return entries.targets(); }
  int64_t columns() const { return entries.sources(); }
};

/// A matrix from CSR arrays: row_begin [rows + 1] and columns [entries] of an integer type, values [entries]. Throws c10::Error for
/// a column that is not there.
SparseMatrix sparse_matrix(const at::Tensor& row_begin, const at::Tensor& columns, const at::Tensor& values,
                           int64_t width);

/// What is known of nodes, [nodes, width]: dense, or sparse where most numbers are zero.
struct NodeFeatures {
  at::Tensor dense;  ///< undefined where they are sparse
  SparseMatrix sparse;

  bool is_sparse() const { return !dense.defined(); }
  int64_t nodes() const { return is_sparse() ? sparse.rows() : dense.size(0); }
  int64_t width() const { return is_sparse() ? sparse.columns() : dense.size(1); }
};

/// features times weight in each head: weight [width, heads, out], returns [nodes, heads, out]. With dropout p > 0 each head
/// multiplies features of its own that lack other numbers, as in the published code of GAT; of sparse features only what is
/// stored is dropped, which is the same. Which, depends on a number drawn from the default generator. Differentiable once in
/// weight and dense features.
at::Tensor head_products(const NodeFeatures& features, const at::Tensor& weight, double dropout);

}  // namespace heed::nn
