// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/dense_inputs.h"

#include <ATen/ATen.h>

#include "heed/attention/checks.h"
#include "heed/attention/dropout.h"

namespace heed::attention {
namespace {

at::Tensor checked_table(const char* name, const at::Tensor& table, const DenseInputs& in) {
  const at::Tensor& query = in.query;
  TORCH_CHECK(table.dim() == 3 && table.size(1) > 0, "[attention] ", name,
              " must be [heads or 1, rows, head_dim] with rows, got ", table.sizes());
  TORCH_CHECK(table.size(0) == 1 || table.size(0) == query.size(1), "[attention] ", name, " has heads ",
              table.size(0), ", query ", query.size(1));
  TORCH_CHECK(table.size(2) == query.size(3), "[attention] ", name, " has head_dim ", table.size(2),
              ", query ", query.size(3));
  TORCH_CHECK(in.causal || table.size(1) % 2 == 1, "[attention] ", name,
              " must have odd rows unless causal, got ", table.size(1));
  TORCH_CHECK(table.device() == query.device(), "[attention] ", name, " is on ", table.device(),
              ", query on ", query.device());
  const at::Tensor ours = table_for(table, query);
  check_kind(name, ours, query);
  return ours;
}

void take_relation(DenseInputs& in, const Distance& distance) {
  in.clip = distance.beyond == Beyond::kClip;
  if (distance.key.defined()) in.relation_key = checked_table("relation key", distance.key, in);
  if (distance.value) in.relation_value = checked_table("relation value", *distance.value, in);
  TORCH_CHECK(
      !in.relation_key || !in.relation_value || in.relation_key->size(1) == in.relation_value->size(1),
      "[attention] relation key has rows ", in.relation_key->size(1), ", relation value ",
      in.relation_value->size(1));
}

void check_per_batch(const char* name, const at::Tensor& tensor, const at::Tensor& query) {
  TORCH_CHECK(tensor.dim() == 1 && tensor.size(0) == query.size(0), "[attention] ", name, " must be [",
              query.size(0), "], got ", tensor.sizes());
  TORCH_CHECK(tensor.scalar_type() == at::kLong, "[attention] ", name, " must be int64, got ",
              tensor.scalar_type());
}

void check_extents(const Extents& extents, const at::Tensor& query, const at::Tensor& key) {
  if (extents.key_lengths) check_per_batch("key_lengths", *extents.key_lengths, query);
  if (extents.query_start) check_per_batch("query_start", *extents.query_start, query);
  if (!extents.segments) return;
  const auto& segments = *extents.segments;
  TORCH_CHECK(!extents.query_start, "[attention] segments cannot be used with query_start");
  TORCH_CHECK(query.size(2) == key.size(2),
              "[attention] segments need queries and keys of the same length, got ", query.size(2),
              " queries and ", key.size(2), " keys");
  TORCH_CHECK(segments.dim() == 2 && segments.size(0) == query.size(0) && segments.size(1) == query.size(2),
              "[attention] segments must be [", query.size(0), ", ", query.size(2), "], got ",
              segments.sizes());
  TORCH_CHECK(segments.scalar_type() == at::kLong, "[attention] segments must be int64, got ",
              segments.scalar_type());
}

std::optional<at::Tensor> on_device(const std::optional<at::Tensor>& tensor, const at::Tensor& query) {
  return tensor ? std::optional(tensor->to(query.device())) : std::nullopt;
}

}  // namespace

DenseInputs check_dense_inputs(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                               const Spec& spec) {
  check_tensors(query, key, value);
  check_dropout(spec.dropout);
  TORCH_CHECK(!std::holds_alternative<RowColumn>(spec.relation),
              "[attention] the row and column relation is for windows, not for the dense pattern");
  TORCH_CHECK(!std::holds_alternative<EdgeRelation>(spec.relation),
              "[attention] the relation of edges is for the pattern of edges, not for the dense pattern");
  check_extents(spec.extents, query, key);
  DenseInputs in{.query = query, .key = key, .value = value};
  in.dropout = spec.dropout;
  in.causal = std::get<Dense>(spec.pattern).causal;
  in.scale = resolve_scale(spec, query);
  in.extents = {on_device(spec.extents.key_lengths, query), on_device(spec.extents.query_start, query),
                on_device(spec.extents.segments, query)};
  if (const auto* distance = std::get_if<Distance>(&spec.relation)) take_relation(in, *distance);
  return in;
}

}  // namespace heed::attention
