// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/core/field.h"
#include "heed/data/graph/graph_set.h"
#include "heed/nn/graph_model.h"

namespace heed::tasks {

/// How graphs become the numbers that models get: a part of section [data].
struct GraphTensorOptions {
  bool normalise_rows = false;
  bool self_loops = false;
};
Fields fields(GraphTensorOptions& options);

/// Graphs of a set as models get them. The numbers of a node are its features, then a column for each value of each of its
/// columns of categories, which is 1 where the node has that value; likewise those of edges.
class GraphTensors {
 public:
  /// Keeps `set`. Throws Error(kData) if edges have more than 1,024 kinds, or nodes neither features, categories nor
  /// coordinates.
  GraphTensors(std::shared_ptr<const graph::GraphSet> set, const GraphTensorOptions& options);

  /// What models must know, but for their outputs.
  const nn::GraphDomain& domain() const { return domain_; }
  /// Packs graphs of the set, in this order, with the edges that a model asks for.
  nn::Graphs pack(std::span<const size_t> graphs, nn::Neighbours neighbours) const;
  /// The edge of the set that each packed edge comes from, [edges] int64; -1: none. For pictures.
  std::vector<int64_t> edge_rows(std::span<const size_t> graphs, nn::Neighbours neighbours) const;

 private:
  struct EdgeList;
  EdgeList list_edges(std::span<const size_t> graphs, nn::Neighbours neighbours) const;
  nn::NodeFeatures take_features(std::span<const size_t> graphs) const;

  std::shared_ptr<const graph::GraphSet> set_;
  GraphTensorOptions options_;
  nn::GraphDomain domain_;
  at::Tensor features_;                      ///< [nodes, width]; undefined where they are sparse
  at::Tensor row_begin_, columns_, values_;  ///< CSR where they are
  at::Tensor edge_features_;  ///< [edges + 1, width]; the last row is that of other edges, zero
  at::Tensor edge_types_;     ///< [edges + 1] int64
  at::Tensor coordinates_;    ///< [nodes, 3], with same points [nodes of a graph, 3]
  at::Tensor weights_;        ///< of the same points; undefined: equal
};

/// The same graphs on a device.
nn::Graphs to_device(const nn::Graphs& graphs, at::Device device);

}  // namespace heed::tasks
