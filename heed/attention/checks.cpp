// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/checks.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

namespace heed::attention {
namespace {

constexpr const char* kDims[] = {"batch", "heads", "length", "head_dim"};

void check_four_dims(const char* name, const at::Tensor& tensor) {
  TORCH_CHECK(tensor.dim() == 4, "[attention] ", name, " must be [batch, heads, length, head_dim], got ",
              tensor.sizes());
}

void check_same(const char* name, const at::Tensor& tensor, const char* other_name, const at::Tensor& other,
                int dim) {
  TORCH_CHECK(tensor.size(dim) == other.size(dim), "[attention] ", name, " has ", kDims[dim], " ",
              tensor.size(dim), ", ", other_name, " ", other.size(dim));
}

bool is_half(const at::Tensor& tensor) {
  return accumulation_type(tensor.scalar_type()) != tensor.scalar_type();
}

}  // namespace

at::ScalarType accumulation_type(at::ScalarType dtype) {
  return dtype == at::kHalf || dtype == at::kBFloat16 ? at::kFloat : dtype;
}

void check_kind(const char* name, const at::Tensor& tensor, const at::Tensor& query) {
  TORCH_CHECK(tensor.scalar_type() == query.scalar_type(), "[attention] ", name, " is ", tensor.scalar_type(),
              ", query ", query.scalar_type());
  TORCH_CHECK(tensor.device() == query.device(), "[attention] ", name, " is on ", tensor.device(),
              ", query on ", query.device());
}

void check_tensors(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) {
  check_four_dims("query", query);
  check_four_dims("key", key);
  check_four_dims("value", value);
  TORCH_CHECK(at::isFloatingType(query.scalar_type()), "[attention] query must be floating, got ",
              query.scalar_type());
  check_kind("key", key, query);
  check_kind("value", value, query);
  for (const int dim : {0, 1, 3}) check_same("key", key, "query", query, dim);
  for (const int dim : {0, 1, 3}) check_same("value", value, "query", query, dim);
  check_same("value", value, "key", key, 2);
}

double resolve_scale(const Spec& spec, const at::Tensor& query) {
  const auto* dot = std::get_if<Dot>(&spec.score);
  TORCH_CHECK(dot, "[attention] the scores of GAT and GATv2 are for edges");
  return dot->scale.value_or(1 / std::sqrt(std::max<double>(query.size(-1), 1)));
}

at::Tensor table_for(const at::Tensor& table, const at::Tensor& query) {
  return is_half(query) && table.scalar_type() == at::kFloat ? table.to(query.scalar_type()) : table;
}

}  // namespace heed::attention
