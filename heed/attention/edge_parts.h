// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <c10/core/Allocator.h>

#include "heed/attention/attention.h"
#include "heed/kernels/edge_attention.h"

/// What the operators on edges share when they call heed's kernels.
namespace heed::attention {

/// Floats that kernels may read past lists of heads.
constexpr int64_t kRoomAfterLists = 16;

/// [nodes or edges, heads, head_dim] as rows with the heads side by side; copies if it must.
at::Tensor readable_rows(const at::Tensor& tensor);
kernels::Rows rows_of(const at::Tensor& tensor);
kernels::Rows rows_of(const std::optional<at::Tensor>& tensor);
kernels::Element element_of(const at::Tensor& tensor);
kernels::EdgesByTarget by_target_of(const Edges& edges);
kernels::EdgesBySource by_source_of(const Edges& edges);

/// Nodes in parts of about the same number of edges, at most so many: node numbers from one part to the next. `begins` is
/// target_begin or source_begin. The parts do not depend on the number of threads, nor do sums over them.
constexpr int64_t kMostEdgeParts = 512;
std::vector<int64_t> edge_parts(const at::Tensor& begins, int64_t most_parts = kMostEdgeParts);

/// The most edges of a node.
int64_t most_edges(const at::Tensor& begins);

/// Calls work(part, begin, end, scratch) for every part of the nodes, over all cores.
template <class Work>
void for_edge_parts(const std::vector<int64_t>& parts, int64_t scratch_floats, const Work& work) {
  at::parallel_for(0, static_cast<int64_t>(parts.size()) - 1, 1, [&](int64_t begin, int64_t end) {
    // Aligned to 64 bytes.
    const auto scratch =
        c10::GetAllocator(at::kCPU)->allocate(static_cast<size_t>(scratch_floats) * sizeof(float));
    for (int64_t i = begin; i < end; ++i) {
      const auto part = static_cast<size_t>(i);
      work(i, parts[part], parts[part + 1], static_cast<float*>(scratch.get()));
    }
  });
}

}  // namespace heed::attention
