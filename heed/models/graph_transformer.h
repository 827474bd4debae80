// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include "heed/core/field.h"
#include "heed/nn/dropout.h"
#include "heed/nn/graph_model.h"
#include "heed/nn/pair_relation.h"

namespace heed::models {

struct GraphTransformerOptions {
  int64_t d_model = 128, heads = 8, layers = 4, d_ff = 256;
  bool all_pairs = true;  ///< attend to all nodes of a graph, else along its edges
  double dropout = 0, attention_dropout = 0;
  int64_t distance_basis = 32;  ///< radial functions of the distance
  int64_t distance_hidden = 64;
  double longest_distance = 12;
  int64_t longest_path = 8;     ///< longer paths count as one longer than this; 0: paths are not told apart
  std::string readout = "sum";  ///< of graphs: sum, mean
};
std::vector<Field> fields(GraphTransformerOptions& options);

/// The Transformer's encoder (Vaswani et al. 2017, arXiv:1706.03762; pre-norm) on nodes in place of words. Each node attends to all nodes
/// of its graph, and what lies between two of them, the type of their edge and their distance, is the relation
/// (nn/pair_relation.h). Where nodes have no coordinates, the length of the shortest path stands for the distance. Nothing says where a node stands in a list, nor where it points: outputs follow the nodes when they are
/// numbered in another way, and stay when coordinates are rotated, mirrored or moved.
///
/// The outputs of a graph are sums or means of a net of two layers on each node.
class GraphTransformer : public nn::GraphModel {
 public:
  /// Throws c10::Error for invalid sizes.
  GraphTransformer(const nn::GraphDomain& domain, const GraphTransformerOptions& options);

  nn::Neighbours neighbours() const override {
    return options_.all_pairs ? nn::Neighbours::kAll : nn::Neighbours::kEdges;
  }
  nn::GraphInputs reads() const override { return {.edge_types = true, .coordinates = true}; }
  at::Tensor embeddings(const nn::Graphs& graphs) override;
  at::Tensor forward(const nn::Graphs& graphs) override;
  int64_t attention_layers() const override { return options_.layers; }
  nn::AttendedEdges attended(const nn::Graphs& graphs, int64_t layer) override;

 private:
  struct LayerImpl;
  LayerImpl& layer(int64_t index) const;
  nn::PairRows rows_of(const nn::Graphs& graphs) const;
  at::Tensor run(const nn::Graphs& graphs, const nn::PairRows& rows, int64_t layers);

  GraphTransformerOptions options_;
  at::Tensor input_weight_, input_bias_;
  torch::nn::ModuleList layers_;
  torch::nn::LayerNorm norm_{nullptr};
  torch::nn::Linear hidden_{nullptr}, output_{nullptr};
};

}  // namespace heed::models
