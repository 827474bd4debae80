// SPDX-License-Identifier: Apache-2.0
#include "heed/models/gat.h"

#include <ATen/ops/elu.h>

#include "heed/nn/graph_readout.h"

namespace heed::models {

std::vector<Field> fields(GatOptions& options) {
  return {{"layers", &options.layers, "layers of attention", at_least(1)},
          {"heads", &options.heads, "heads of all layers but the last, side by side", at_least(1)},
          {"head_dim", &options.head_dim, "features of each head", at_least(1)},
          {"output", &options.output, "the last layer: attention, or linear after the layers of attention",
           one_of({"attention", "linear"})},
          {"output_heads", &options.output_heads, "heads of the last layer, averaged", at_least(1)},
          {"dynamic", &options.dynamic, "the score of GATv2"},
          {"input_dropout", &options.input_dropout,
           "dropout on the features of each layer, in each head by itself", between(0, 0.99)},
          {"attention_dropout", &options.attention_dropout, "dropout on attention weights", between(0, 0.99)},
          {"value_dropout", &options.value_dropout, "dropout on the projected features that are averaged",
           between(0, 0.99)},
          {"slope", &options.slope, "of leaky ReLU below 0"}};
}

Gat::Gat(const nn::GraphDomain& domain, const GatOptions& options) : GraphModel(domain), options_(options) {
  TORCH_CHECK(domain.features > 0, "[gat] the nodes have no features");
  int64_t in = domain.features;
  for (int64_t i = 0; i < options.layers; ++i) {
    const bool last = i + 1 == options.layers && !ends_linear();
    const nn::GraphAttentionOptions of{.in = in,
                                       .heads = last ? options.output_heads : options.heads,
                                       .head_dim = last ? domain.outputs : options.head_dim,
                                       .dynamic = options.dynamic,
                                       .input_dropout = options.input_dropout,
                                       .attention_dropout = options.attention_dropout,
                                       .value_dropout = options.value_dropout,
                                       .slope = options.slope};
    layers_->push_back(nn::GraphAttention(of));
    in = options.heads * options.head_dim;
  }
  register_module("layers", layers_);
  if (ends_linear()) output_ = register_module("output", torch::nn::Linear(in, domain.outputs));
}

nn::GraphAttentionImpl& Gat::layer(int64_t index) const {
  return *layers_->ptr<nn::GraphAttentionImpl>(static_cast<size_t>(index));
}

nn::NodeFeatures Gat::inputs(const nn::Graphs& graphs, int64_t index) {
  nn::NodeFeatures features = graphs.features;
  for (int64_t i = 0; i < index; ++i)
    features = {.dense = at::elu(layer(i).forward(features, graphs.edges).flatten(1)), .sparse = {}};
  return features;
}

at::Tensor Gat::embeddings(const nn::Graphs& graphs) {
  const int64_t layers = ends_linear() ? options_.layers : options_.layers - 1;
  TORCH_CHECK(layers > 0, "[gat] a single layer has no embeddings of nodes before it");
  return inputs(graphs, layers).dense;
}

at::Tensor Gat::forward(const nn::Graphs& graphs) {
  if (ends_linear()) {
    const at::Tensor found = embeddings(graphs);
    return output_->forward(domain().of_graphs ? nn::mean_of_nodes(found, graphs) : found);
  }
  const int64_t last = options_.layers - 1;
  const at::Tensor outputs = layer(last).forward(inputs(graphs, last), graphs.edges).mean(1);
  return domain().of_graphs ? nn::mean_of_nodes(outputs, graphs) : outputs;
}

nn::AttendedEdges Gat::attended(const nn::Graphs& graphs, int64_t index) {
  TORCH_CHECK(index >= 0 && index < options_.layers, "[gat] there is no layer ", index);
  return {graphs.edges, layer(index).weights(inputs(graphs, index), graphs.edges)};
}

}  // namespace heed::models
