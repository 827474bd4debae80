// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/local_inputs.h"

#include <ATen/ATen.h>

#include "heed/attention/checks.h"
#include "heed/attention/dropout.h"

namespace heed::attention {
namespace {

void check_table(const char* name, const LocalInputs& in, const at::Tensor& table) {
  TORCH_CHECK(table.dim() == 3 && table.size(1) > 0 && table.size(2) == in.query.size(3) &&
                  (table.size(0) == 1 || table.size(0) == in.query.size(1)),
              "[local_attention] ", name, " must be [", in.query.size(1), " or 1, rows, ", in.query.size(3),
              "], got ", table.sizes());
  TORCH_CHECK(std::holds_alternative<Local1d>(in.pattern) || table.size(1) % 2 == 1, "[local_attention] ",
              name, " must have odd rows for Local2d, got ", table.size(1));
  TORCH_CHECK(table.scalar_type() == in.query.scalar_type() && table.device() == in.query.device(),
              "[local_attention] ", name, " is ", table.scalar_type(), " on ", table.device(), ", query ",
              in.query.scalar_type(), " on ", in.query.device());
}

void take_relation(LocalInputs& in, const Distance& distance) {
  in.clip = distance.beyond == Beyond::kClip;
  if (distance.key.defined()) in.relation_key = table_for(distance.key, in.query);
  if (distance.value) in.relation_value = table_for(*distance.value, in.query);
  if (in.relation_key) check_table("relation key", in, *in.relation_key);
  if (in.relation_value) check_table("relation value", in, *in.relation_value);
  TORCH_CHECK(
      !in.relation_key || !in.relation_value || in.relation_key->size(1) == in.relation_value->size(1),
      "[local_attention] relation key has rows ", in.relation_key->size(1), ", relation value ",
      in.relation_value->size(1));
}

}  // namespace

LocalInputs check_local_inputs(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                               const Spec& spec) {
  check_tensors(query, key, value);
  check_dropout(spec.dropout);
  TORCH_CHECK(query.size(2) == key.size(2),
              "[local_attention] queries and keys must have the same length, got ", query.size(2), " and ",
              key.size(2));
  TORCH_CHECK(!spec.extents.key_lengths && !spec.extents.query_start && !spec.extents.segments,
              "[local_attention] takes no key_lengths, query_start or segments");
  TORCH_CHECK(!std::holds_alternative<RowColumn>(spec.relation),
              "[local_attention] the row and column relation is for windows, not for local patterns");
  TORCH_CHECK(!std::holds_alternative<EdgeRelation>(spec.relation),
              "[local_attention] the relation of edges is for the pattern of edges, not for local patterns");
  LocalInputs in{.query = query, .key = key, .value = value, .pattern = Local1d{}};
  if (const auto* line = std::get_if<Local1d>(&spec.pattern)) in.pattern = *line;
  if (const auto* image = std::get_if<Local2d>(&spec.pattern)) in.pattern = *image;
  check_local_pattern(in.pattern, query.size(2));
  in.dropout = spec.dropout;
  in.scale = resolve_scale(spec, query);
  if (const auto* distance = std::get_if<Distance>(&spec.relation)) take_relation(in, *distance);
  return in;
}

}  // namespace heed::attention
