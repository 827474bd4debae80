// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"

/// Reading the tables of a Distance relation, and their gradients.
namespace heed::attention {

/// A Distance relation with these tables; NoRelation without any.
Relation distance_relation(const std::optional<at::Tensor>& key, const std::optional<at::Tensor>& value,
                           bool clip);

/// The row of distance 0 in a table of `rows` rows.
int64_t zero_row(int64_t rows, bool causal);

/// Distances lowest..highest, each a key position minus a query position.
struct DistanceRange {
  int64_t lowest = 0, highest = 0;
  int64_t count() const { return highest - lowest + 1; }
};

/// A table with one row for each distance of `range`, so that the rows of consecutive distances are one
/// contiguous slice: [heads or 1, rows, head_dim] -> [heads or 1, range.count(), head_dim]. Rows beyond the
/// table are its end rows (clip) or zeros. A view if the table has the whole range.
at::Tensor lay_out_distances(const at::Tensor& table, const DistanceRange& range, bool causal, bool clip);
/// The transpose of lay_out_distances: sums what each row of the table received.
at::Tensor collect_distances(const at::Tensor& laid_out_grad, int64_t rows, const DistanceRange& range,
                             bool causal, bool clip);

/// Gradients of a problem with a Distance relation, in the inputs' dtypes; the gradient of an absent table is
/// undefined.
struct DistanceGradients {
  at::Tensor query, key, value, relation_key = {}, relation_value = {};
  std::array<at::Tensor, 2> tables() const { return {relation_key, relation_value}; }
};

}  // namespace heed::attention
