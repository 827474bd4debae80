// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "heed/attention/attention.h"
#include "heed/nn/node_features.h"

namespace heed::nn {

/// What the graphs of a data set have, and what a model shall say of them.
struct GraphDomain {
  int64_t features = 0;       ///< numbers of a node
  int64_t edge_features = 0;  ///< numbers of an edge
  int64_t edge_types = 1;  ///< kinds of edges; kind 0 has no name, and is that of edges from a node to itself
  bool coordinates = false;  ///< nodes are points in space
  bool same_points = false;  ///< of all graphs: they are signals on one set of points
  bool of_graphs = false;    ///< outputs are of whole graphs, else of nodes
  int64_t outputs = 1;       ///< classes or values
};

/// Which nodes of its graph a node hears: the sources of its edges (and itself, with data.self_loops), all, or all but itself.
enum class Neighbours { kEdges, kAll, kOthers };

/// What a model reads of graphs besides the features of nodes and who hears whom.
struct GraphInputs {
  bool edge_features = false;  ///< features of edges, and with them their categories
  bool edge_types = false;     ///< categories of edges
  bool coordinates = false;
};

/// Graphs packed one after the other: nodes of different graphs have no edges to each other. The edges are those of the data, in
/// both directions where they have none, or those that the model asks for (GraphModel::neighbours).
struct Graphs {
  NodeFeatures features;   ///< [nodes, GraphDomain::features]
  attention::Edges edges;  ///< from where a message comes to where it goes
  at::Tensor
      edge_features;  ///< [edges, GraphDomain::edge_features], numbered as edges; undefined where there are none
  at::Tensor edge_types;  ///< [edges] int64, undefined where there is one type
  at::Tensor
      path_lengths;  ///< [edges] int64, where a node hears all and the data has edges but no coordinates, else undefined: how many of them the
  ///< shortest path from the source to the target has, whichever way they lead; -1 where there is none
  at::Tensor coordinates;  ///< [nodes, 3], undefined where there are none
  at::Tensor points;       ///< [nodes of a graph, 3] where all graphs have the same points, else undefined
  at::Tensor
      weights;  ///< [nodes of a graph]: the part of the whole that a point stands for; undefined: equal parts
  at::Tensor begin;  ///< [graphs + 1] int64: the first node of each graph

  int64_t nodes() const { return features.nodes(); }
  int64_t count() const { return begin.size(0) - 1; }
};

/// What the nodes of a layer attend to.
struct AttendedEdges {
  attention::Edges edges;  ///< from the node that is heard to the one that hears
  at::Tensor weights;      ///< [edges, heads], numbered as edges; those of a node sum to 1
};

/// A model of the nodes of graphs, or of graphs as a whole.
class GraphModel : public torch::nn::Module {
 public:
  explicit GraphModel(const GraphDomain& domain) : domain_(domain) {}
  const GraphDomain& domain() const { return domain_; }
  virtual Neighbours neighbours() const { return Neighbours::kEdges; }
  virtual GraphInputs reads() const { return {}; }

  /// What the last layer gets of each node, [nodes, width]: an embedding.
  virtual at::Tensor embeddings(const Graphs& graphs) = 0;
  /// Logits of classes, or values, [nodes or graphs, outputs] float32. In training dropout draws from the default generator.
  virtual at::Tensor forward(const Graphs& graphs) = 0;

  /// Number of layers that attended() knows; 0 for models without attention.
  virtual int64_t attention_layers() const { return 0; }
  /// Who attends to whom in a layer: along graphs.edges, or, of signals on shared points, along edges of the model's own.
  virtual AttendedEdges attended(const Graphs& graphs, int64_t layer);

 private:
  GraphDomain domain_;
};

}  // namespace heed::nn
