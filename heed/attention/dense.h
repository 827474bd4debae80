// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"

/// What the backends of the Dense pattern share: inputs that attend() has checked, and the reading of its
/// tables.
namespace heed::attention {

/// Checked inputs of one problem. Tables have query's dtype; scale is resolved.
struct DenseInputs {
  at::Tensor query, key, value;
  std::optional<at::Tensor> relation_key = {}, relation_value = {};
  Extents extents = {};
  Dropout dropout = {};
  bool causal = false;
  bool clip = true;  ///< Beyond::kClip
  double scale = 1;
};

/// Gradients in the inputs' dtypes; tables' ones are undefined where there are no tables.
struct DenseGradients {
  at::Tensor query, key, value, relation_key = {}, relation_value = {};
};

/// float32 for half types, else the dtype itself: what scores and softmax are computed in.
at::ScalarType accumulation_type(at::ScalarType dtype);

/// The row of distance 0 in a table of `rows` rows.
int64_t zero_row(int64_t rows, bool causal);

/// A table's rows laid out for every distance lowest..highest (key position less query position), so that the
/// rows of any run of distances are one contiguous slice. Rows beyond the table are its end rows (clip) or
/// zeros.
struct DistanceRange {
  int64_t lowest = 0, highest = 0;
  int64_t count() const { return highest - lowest + 1; }
};
/// [heads or 1, rows, head_dim] -> [heads or 1, range.count(), head_dim]; a view where the table holds the
/// whole range.
at::Tensor lay_out_distances(const at::Tensor& table, const DistanceRange& range, bool causal, bool clip);
/// The transpose of lay_out_distances: adds up what each row of the table received.
at::Tensor collect_distances(const at::Tensor& laid_out_grad, int64_t rows, const DistanceRange& range,
                             bool causal, bool clip);

}  // namespace heed::attention
