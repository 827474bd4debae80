// SPDX-License-Identifier: Apache-2.0
#include "heed/models/gcn.h"

#include <ATen/ops/relu.h>

#include "heed/nn/graph_convolution.h"
#include "heed/nn/graph_readout.h"

namespace heed::models {

std::vector<Field> fields(GcnOptions& options) {
  return {{"layers", &options.layers, "layers of convolution", at_least(1)},
          {"d_model", &options.d_model, "width of all layers but the last", at_least(1)},
          {"dropout", &options.dropout, "dropout on the features of each layer", between(0, 0.99)}};
}

Gcn::Gcn(const nn::GraphDomain& domain, const GcnOptions& options) : GraphModel(domain), options_(options) {
  TORCH_CHECK(domain.features > 0, "[gcn] the nodes have no features");
  for (int64_t i = 0; i < options.layers; ++i) {
    layers_->push_back(nn::GraphConvolution(
        nn::GraphConvolutionOptions{.in = i == 0 ? domain.features : options.d_model,
                                    .out = i + 1 == options.layers ? domain.outputs : options.d_model,
                                    .input_dropout = options.dropout}));
  }
  register_module("layers", layers_);
}

at::Tensor Gcn::run(const nn::Graphs& graphs, int64_t layers) {
  const at::Tensor weights = nn::symmetric_weights(graphs.edges);
  nn::NodeFeatures features = graphs.features;
  at::Tensor found;
  for (int64_t i = 0; i < layers; ++i) {
    if (i > 0) features = {.dense = at::relu(found), .sparse = {}};
    found = layers_->ptr<nn::GraphConvolutionImpl>(static_cast<size_t>(i))
                ->forward(features, weights, graphs.edges);
  }
  return found;
}

at::Tensor Gcn::embeddings(const nn::Graphs& graphs) {
  TORCH_CHECK(options_.layers > 1, "[gcn] a single layer has no embeddings of nodes before it");
  return at::relu(run(graphs, options_.layers - 1));
}

at::Tensor Gcn::forward(const nn::Graphs& graphs) {
  const at::Tensor outputs = run(graphs, options_.layers);
  return domain().of_graphs ? nn::mean_of_nodes(outputs, graphs) : outputs;
}

}  // namespace heed::models
