// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>

#include "heed/core/field.h"
#include "heed/nn/graph_model.h"

namespace heed::models {

struct GcnOptions {
  int64_t layers = 2;
  int64_t d_model = 16;  ///< width of all layers but the last
  double dropout = 0.5;  ///< of the features of each layer
};
std::vector<Field> fields(GcnOptions& options);

/// Graph convolutional network: Kipf and Welling 2017, arXiv:1609.02907. Layers of nn::GraphConvolution with symmetric weights and ReLU between;
/// the last one has the outputs. Give nodes an edge to themselves. The outputs of a graph are the means of those of its
/// nodes. What edges have is not read.
class Gcn : public nn::GraphModel {
 public:
  /// Throws c10::Error for nodes without features.
  Gcn(const nn::GraphDomain& domain, const GcnOptions& options);

  at::Tensor embeddings(const nn::Graphs& graphs) override;
  at::Tensor forward(const nn::Graphs& graphs) override;

 private:
  /// The outputs of the first layers, before their ReLU.
  at::Tensor run(const nn::Graphs& graphs, int64_t layers);

  GcnOptions options_;
  torch::nn::ModuleList layers_;
};

}  // namespace heed::models
