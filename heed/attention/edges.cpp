// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/edges.h"

#include <numeric>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "heed/attention/edge_reference.h"
#include "heed/attention/known_edges.h"

namespace heed::attention {
namespace {

/// Names of a list the first node that is not there.
void check_ends(const char* name, const at::Tensor& nodes, int64_t count) {
  const auto* node = nodes.const_data_ptr<int64_t>();
  for (int64_t e = 0; e < nodes.size(0); ++e) {
    TORCH_CHECK(node[e] >= 0 && node[e] < count, "[edge_attention] ", name, " of edge ", e, " is ", node[e],
                ", there are ", count, " nodes");
  }
}

/// Counting sort: edges by node, those of a node in their order.
struct ByNode {
  at::Tensor begin, order;

  ByNode(const at::Tensor& nodes, int64_t count) {
    begin = at::zeros({count + 1}, at::kLong);
    order = at::empty({nodes.size(0)}, at::kLong);
    const auto* node = nodes.const_data_ptr<int64_t>();
    auto* from = begin.mutable_data_ptr<int64_t>();
    for (int64_t e = 0; e < nodes.size(0); ++e) ++from[node[e] + 1];
    std::partial_sum(from, from + count + 1, from);
    const at::Tensor free = begin.clone();
    auto *next = free.mutable_data_ptr<int64_t>(), *to = order.mutable_data_ptr<int64_t>();
    for (int64_t e = 0; e < nodes.size(0); ++e) to[next[node[e]]++] = e;
  }
};

}  // namespace

Edges make_edges(const at::Tensor& source, const at::Tensor& target, int64_t sources, int64_t targets) {
  TORCH_CHECK(source.dim() == 1 && source.sizes() == target.sizes() &&
                  !at::isFloatingType(source.scalar_type()) && !at::isFloatingType(target.scalar_type()),
              "[edge_attention] source and target must be [edges] of an integer type, got ", source.sizes(),
              " of ", source.scalar_type(), " and ", target.sizes(), " of ", target.scalar_type());
  const auto from = source.to(at::kCPU, at::kLong).contiguous(),
             to = target.to(at::kCPU, at::kLong).contiguous();
  check_ends("source", from, sources);
  check_ends("target", to, targets);
  const ByNode by_target(to, targets);
  const auto sorted_source = from.index_select(0, by_target.order),
             sorted_target = to.index_select(0, by_target.order);
  const ByNode by_source(sorted_source, sources);
  const auto device = source.device();
  Edges edges{by_target.begin.to(device),
              sorted_source.to(at::kInt).to(device),
              by_source.begin.to(device),
              by_source.order.to(device),
              sorted_target.index_select(0, by_source.order).to(at::kInt).to(device),
              by_target.order.to(device)};
  remember_edges(edges);
  return edges;
}

at::Tensor targets_of(const Edges& edges) {
  const auto nodes = at::arange(edges.targets(), edges.target_begin.options());
  return nodes.repeat_interleave(edges.target_begin.diff(), 0, edges.size());
}

at::Tensor edge_weights(const at::Tensor& query, const at::Tensor& key, const Spec& spec) {
  const c10::NoGradGuard no_grad;
  Spec without_values = spec;
  if (auto* relation = std::get_if<EdgeRelation>(&without_values.relation)) relation->value.reset();
  return edge_reference_weights(check_edge_inputs(query, key, /*value=*/key, without_values));
}

}  // namespace heed::attention
