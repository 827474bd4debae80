// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "heed/attention/attention.h"
#include "heed/nn/node_features.h"

namespace heed::nn {

/// What the graphs of a data set have, and what a model shall say of each node.
struct GraphDomain {
  int64_t features = 0;  ///< numbers of a node
  int64_t outputs = 1;   ///< classes or values
};

/// Graphs packed one after the other: nodes of different graphs have no edges to each other.
struct Graphs {
  NodeFeatures features;  ///< [nodes, GraphDomain::features]
  /// From where a message comes to where it goes, both nodes; a node has one edge to itself.
  attention::Edges edges;
};

/// A model of the nodes of graphs.
class GraphModel : public torch::nn::Module {
 public:
  explicit GraphModel(const GraphDomain& domain) : domain_(domain) {}
  const GraphDomain& domain() const { return domain_; }

  /// Logits of classes, or values, [nodes, outputs] float32. In training dropout draws from the default generator.
  virtual at::Tensor forward(const Graphs& graphs) = 0;

  /// Number of layers whose weights weights() gives; 0 for models without attention.
  virtual int64_t attention_layers() const { return 0; }
  /// The weights of the edges in a layer, [edges, heads], numbered as graphs.edges; those of a node sum to 1.
  virtual at::Tensor weights(const Graphs& graphs, int64_t layer);

 private:
  GraphDomain domain_;
};

}  // namespace heed::nn
