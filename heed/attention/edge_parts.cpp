// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/edge_parts.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace heed::attention {
namespace {

constexpr int64_t kEdgesOfAPart = 1 << 11;  ///< and nodes

}  // namespace

at::Tensor readable_rows(const at::Tensor& tensor) {
  const bool side_by_side = tensor.dim() == 3 && tensor.stride(2) == 1 && tensor.stride(1) == tensor.size(2);
  return side_by_side ? tensor : tensor.contiguous();
}

kernels::Rows rows_of(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.numel() == 0) return {};
  return {const_cast<void*>(tensor.const_data_ptr()), tensor.stride(0)};
}

kernels::Rows rows_of(const std::optional<at::Tensor>& tensor) {
  return tensor ? rows_of(*tensor) : kernels::Rows{};
}

kernels::Element element_of(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kFloat ? kernels::Element::kFloat : kernels::Element::kBfloat16;
}

kernels::EdgesByTarget by_target_of(const Edges& edges) {
  return {edges.target_begin.const_data_ptr<int64_t>(), edges.source.const_data_ptr<int32_t>()};
}

kernels::EdgesBySource by_source_of(const Edges& edges) {
  return {edges.source_begin.const_data_ptr<int64_t>(), edges.edge.const_data_ptr<int64_t>(),
          edges.target.const_data_ptr<int32_t>()};
}

std::vector<int64_t> edge_parts(const at::Tensor& begins, int64_t most_parts) {
  const auto* begin = begins.const_data_ptr<int64_t>();
  const int64_t nodes = begins.size(0) - 1, work = begin[nodes] + nodes;
  const int64_t parts = std::clamp<int64_t>(work / kEdgesOfAPart, 1, most_parts);
  std::vector<int64_t> found{0};
  for (int64_t i = 0; i < nodes; ++i) {
    const int64_t wanted = work * static_cast<int64_t>(found.size()) / parts;
    if (begin[i + 1] + i + 1 >= wanted || i + 1 == nodes) found.push_back(i + 1);
  }
  return found;
}

int64_t most_edges(const at::Tensor& begins) {
  const auto* begin = begins.const_data_ptr<int64_t>();
  int64_t most = 0;
  for (int64_t i = 0; i + 1 < begins.size(0); ++i) most = std::max(most, begin[i + 1] - begin[i]);
  return most;
}

}  // namespace heed::attention
