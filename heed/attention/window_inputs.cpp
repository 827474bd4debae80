// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/window_inputs.h"

#include <ATen/ATen.h>

#include "heed/attention/checks.h"
#include "heed/attention/dropout.h"

namespace heed::attention {
namespace {

/// Most pixels: the kernels count in 32 bits.
constexpr int64_t kLargest = int64_t{1} << 30;

void check_tensor(const char* name, const at::Tensor& tensor, const at::Tensor& query) {
  TORCH_CHECK(tensor.dim() == 4, "[window_attention] ", name,
              " must be [batch, heads, positions, head_dim], got ", tensor.sizes());
  TORCH_CHECK(
      tensor.size(0) == query.size(0) && tensor.size(1) == query.size(1) && tensor.size(3) == query.size(3),
      "[window_attention] ", name, " is ", tensor.sizes(), ", query ", query.sizes());
  TORCH_CHECK(tensor.scalar_type() == query.scalar_type(), "[window_attention] ", name, " is ",
              tensor.scalar_type(), ", query ", query.scalar_type());
  TORCH_CHECK(tensor.device() == query.device(), "[window_attention] ", name, " is on ", tensor.device(),
              ", query on ", query.device());
}

void check_pattern(const Window2d& pattern) {
  TORCH_CHECK(pattern.height > 0 && pattern.width > 0 && pattern.height <= kLargest / pattern.width,
              "[window_attention] height and width must be at least 1, got ", pattern.height, " x ",
              pattern.width);
  TORCH_CHECK(pattern.size > 0 && pattern.size % 2 == 1 && pattern.size < 32768,
              "[window_attention] size must be odd, got ", pattern.size);
  TORCH_CHECK(pattern.stride > 0 && pattern.stride < 32768,
              "[window_attention] stride must be at least 1, got ", pattern.stride);
}

void check_table(const char* name, const at::Tensor& table, const WindowInputs& in) {
  const int64_t heads = in.query.size(1), half = in.query.size(3) / 2, size = in.pattern.size;
  TORCH_CHECK(table.dim() == 3 && (table.size(0) == 1 || table.size(0) == heads) && table.size(1) == size &&
                  table.size(2) == half,
              "[window_attention] ", name, " must be [", heads, " or 1, ", size, ", ", half, "], got ",
              table.sizes());
  TORCH_CHECK(table.scalar_type() == in.query.scalar_type(), "[window_attention] ", name, " is ",
              table.scalar_type(), ", query ", in.query.scalar_type());
  TORCH_CHECK(table.device() == in.query.device(), "[window_attention] ", name, " is on ", table.device(),
              ", query on ", in.query.device());
}

void check_tables(const WindowInputs& in) {
  TORCH_CHECK(in.row.has_value() == in.column.has_value(),
              "[window_attention] row and column tables come together");
  if (!in.row) return;
  TORCH_CHECK(in.query.size(3) % 2 == 0, "[window_attention] tables need an even head_dim, got ",
              in.query.size(3));
  check_table("row", *in.row, in);
  check_table("column", *in.column, in);
}

void check_inputs(const WindowInputs& in) {
  check_pattern(in.pattern);
  check_tensor("query", in.query, in.query);
  check_tensor("key", in.key, in.query);
  check_tensor("value", in.value, in.query);
  TORCH_CHECK(at::isFloatingType(in.query.scalar_type()), "[window_attention] query must be floating, got ",
              in.query.scalar_type());
  const int64_t keys = in.pattern.height * in.pattern.width, queries = in.query_height() * in.query_width();
  TORCH_CHECK(in.key.size(2) == keys && in.value.size(2) == keys, "[window_attention] height x width is ",
              keys, " positions, key has ", in.key.size(2), ", value ", in.value.size(2));
  TORCH_CHECK(in.query.size(2) == queries, "[window_attention] query must have ", in.query_height(), " x ",
              in.query_width(), " positions, got ", in.query.size(2));
  check_tables(in);
  check_dropout(in.dropout);
}

}  // namespace

WindowInputs check_window_inputs(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                                 const Spec& spec) {
  WindowInputs in{.query = query, .key = key, .value = value};
  in.pattern = std::get<Window2d>(spec.pattern);
  in.dropout = spec.dropout;
  const Extents& extents = spec.extents;
  TORCH_CHECK(!extents.key_lengths && !extents.query_start && !extents.segments,
              "[window_attention] an image has no key_lengths, query_start or segments");
  TORCH_CHECK(!std::holds_alternative<Distance>(spec.relation),
              "[window_attention] the relation of a window is RowColumn, not Distance");
  TORCH_CHECK(!std::holds_alternative<EdgeRelation>(spec.relation),
              "[window_attention] the relation of a window is RowColumn, not EdgeRelation");
  if (const auto* relation = std::get_if<RowColumn>(&spec.relation)) {
    if (relation->row.defined()) in.row = table_for(relation->row, query);
    if (relation->column.defined()) in.column = table_for(relation->column, query);
  }
  check_inputs(in);
  in.scale = resolve_scale(spec, query);
  return in;
}

at::Tensor WindowInputs::table_grad(const at::Tensor& by_head, const at::Tensor& table) const {
  const auto sum = by_head.sum(0);
  return (table.size(0) == 1 ? sum.sum(0, true) : sum).to(table.scalar_type());
}

}  // namespace heed::attention
