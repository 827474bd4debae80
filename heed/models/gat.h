// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/linear.h>

#include "heed/core/field.h"
#include "heed/nn/graph_attention.h"
#include "heed/nn/graph_model.h"

namespace heed::models {

struct GatOptions {
  int64_t layers = 2;
  int64_t heads = 8, head_dim = 8;   ///< of all layers but the last
  std::string output = "attention";  ///< the last layer: attention, or linear after the layers of attention
  int64_t output_heads = 1;          ///< of the last layer where it is attention, averaged
  bool dynamic = false;              ///< the score of GATv2
  double input_dropout = 0.6;        ///< of the features of each layer, in each head by itself
  double attention_dropout = 0.6, value_dropout = 0.6;
  double slope = 0.2;
};
std::vector<Field> fields(GatOptions& options);

/// Graph attention networks: Velickovic et al. 2018, arXiv:1710.10903, and with `dynamic` GATv2, Brody et al. 2022,
/// arXiv:2105.14491. Layers of nn::GraphAttention with ELU between; heads lie side by side, and those of the last layer, which
/// has the outputs, are averaged. With a linear output every layer is like the first, and a linear map follows. The outputs of a graph are the means of those of its nodes. Edges have no features or types
/// here.
class Gat : public nn::GraphModel {
 public:
  /// Throws c10::Error for invalid sizes.
  Gat(const nn::GraphDomain& domain, const GatOptions& options);

  at::Tensor embeddings(const nn::Graphs& graphs) override;
  at::Tensor forward(const nn::Graphs& graphs) override;
  int64_t attention_layers() const override { return options_.layers; }
  nn::AttendedEdges attended(const nn::Graphs& graphs, int64_t layer) override;

 private:
  nn::GraphAttentionImpl& layer(int64_t index) const;
  /// What a layer gets: the features, or the outputs of the layer before.
  nn::NodeFeatures inputs(const nn::Graphs& graphs, int64_t index);

  bool ends_linear() const { return options_.output == "linear"; }

  GatOptions options_;
  torch::nn::ModuleList layers_;
  torch::nn::Linear output_{nullptr};
};

}  // namespace heed::models
