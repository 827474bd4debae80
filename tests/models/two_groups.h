// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/ATen.h>
#include <torch/utils.h>

#include "heed/attention/edges.h"
#include "heed/nn/graph_model.h"

namespace heed::models::testing {

/// Two groups of nodes with edges inside, to themselves too, and features that say little of the group. Edges have two features, nodes
/// a place.
struct TwoGroups {
  nn::Graphs graphs;
  at::Tensor labels;

  explicit TwoGroups(int64_t nodes) {
    torch::manual_seed(1);
    labels = at::arange(nodes) % 2;
    const at::Tensor self = at::arange(nodes), source = at::randint(nodes / 2, {6 * nodes}, at::kLong) * 2;
    const at::Tensor target = self.repeat({6}), same = source + labels.index_select(0, target);
    graphs.edges = attention::make_edges(at::cat({self, same}), at::cat({self, target}), nodes, nodes);
    graphs.features.dense = at::randn({nodes, 12});
    graphs.features.dense.select(1, 0).add_(labels.to(at::kFloat) - 0.5);
    graphs.begin = at::tensor({int64_t{0}, nodes});
    graphs.edge_features = at::rand({graphs.edges.size(), 2});
    graphs.coordinates = at::randn({nodes, 3});
  }
};

}  // namespace heed::models::testing
