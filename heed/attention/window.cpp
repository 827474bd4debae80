// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/window.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "heed/attention/dense.h"
#include "heed/attention/window_op.h"
#include "heed/attention/window_reference.h"

namespace heed::attention {
namespace {

/// float32 tables beside inputs of a half type, as under autocast, take their dtype.
at::Tensor as_query(const at::Tensor& table, const at::Tensor& query) {
  const bool half = accumulation_type(query.scalar_type()) != query.scalar_type();
  return half && table.scalar_type() == at::kFloat ? table.to(query.scalar_type()) : table;
}

WindowInputs checked_inputs(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const Spec& spec) {
  WindowInputs in{.query = query, .key = key, .value = value};
  in.pattern = std::get<Window2d>(spec.pattern);
  in.scale = std::get<Dot>(spec.score).scale.value_or(1 / std::sqrt(std::max<double>(query.size(3), 1)));
  in.dropout = spec.dropout;
  const Extents& extents = spec.extents;
  TORCH_CHECK(!extents.key_lengths && !extents.query_start && !extents.segments,
              "[window_attention] an image has no key_lengths, query_start or segments");
  TORCH_CHECK(!std::holds_alternative<Distance>(spec.relation),
              "[window_attention] the relation of a window is RowColumn, not Distance");
  if (const auto* relation = std::get_if<RowColumn>(&spec.relation)) {
    if (relation->row.defined()) in.row = as_query(relation->row, query);
    if (relation->column.defined()) in.column = as_query(relation->column, query);
  }
  check_window_inputs(in);
  return in;
}

void check_chosen(const char* name, at::IntArrayRef chosen, int64_t count) {
  for (const auto i : chosen) {
    TORCH_CHECK(i >= 0 && i < count, "[window_attention] ", name, " ", i, " is not among the ", count);
  }
}

}  // namespace

Result attend_window(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                     const Spec& spec, Backend backend) {
  const WindowInputs in = checked_inputs(query, key, value, spec);
  return backend == Backend::kReference ? reference_window_attention(in) : window_attention(in);
}

at::Tensor window_weights(const at::Tensor& query, const at::Tensor& key, const Spec& spec,
                          at::IntArrayRef heads, at::IntArrayRef rows) {
  at::NoGradGuard no_grad;
  WindowInputs in = checked_inputs(query, key, key, spec);
  check_chosen("head", heads, query.size(1));
  check_chosen("row", rows, query.size(2));
  const auto integers = query.options().dtype(at::kLong);
  const auto head = at::tensor(heads, integers.device(at::kCPU)).to(query.device());
  const auto row = at::tensor(rows, integers.device(at::kCPU)).to(query.device());
  in.query = query.index_select(1, head).index_select(2, row);
  in.key = key.index_select(1, head);
  for (auto* table : {&in.row, &in.column}) {
    if (*table && (*table)->size(0) > 1) *table = (*table)->index_select(0, head);
  }
  // The keys of a window are distinct pixels, but for those beyond the image, whose sum is thrown away.
  const auto weights = reference_window_weights(in, row);
  const int64_t pixels = key.size(2);
  const auto places = window_places(in, row).expand_as(weights);
  const auto all =
      at::zeros({weights.size(0), weights.size(1), weights.size(2), pixels + 1}, weights.options());
  return all.scatter_add(3, places, weights).narrow(3, 0, pixels).contiguous();
}

}  // namespace heed::attention
