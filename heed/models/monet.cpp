// SPDX-License-Identifier: Apache-2.0
#include "heed/models/monet.h"

#include <ATen/ops/elu.h>

#include "heed/attention/edges.h"
#include "heed/nn/graph_convolution.h"
#include "heed/nn/graph_readout.h"

namespace heed::models {
namespace {

/// How many pseudo-coordinates an edge has.
int64_t pseudo_width(const nn::GraphDomain& domain, const std::string& pseudo) {
  if (pseudo == "degree") return 2;
  if (pseudo == "features") return domain.edge_features;
  return domain.coordinates ? 3 : 0;
}

}  // namespace

std::vector<Field> fields(MonetOptions& options) {
  return {{"layers", &options.layers, "layers of convolution", at_least(1)},
          {"d_model", &options.d_model, "width of all layers but the last", at_least(1)},
          {"kernels", &options.kernels, "Gaussians of a layer", at_least(1)},
          {"pseudo_dim", &options.pseudo_dim, "numbers of an edge that the Gaussians see", at_least(1)},
          {"pseudo", &options.pseudo,
           "what they are made of: degree (of both ends), offset (between the coordinates of the ends), "
           "features (of the edge)",
           one_of({"degree", "offset", "features"})},
          {"normalise", &options.normalise, "divide the weights of a Gaussian at a node by their sum"},
          {"dropout", &options.dropout, "dropout on the features of each layer", between(0, 0.99)}};
}

Monet::Monet(const nn::GraphDomain& domain, const MonetOptions& options)
    : GraphModel(domain), options_(options) {
  TORCH_CHECK(domain.features > 0, "[monet] the nodes have no features");
  const int64_t width = pseudo_width(domain, options.pseudo);
  TORCH_CHECK(width > 0, "[monet] pseudo = \"", options.pseudo, "\" needs ",
              options.pseudo == "offset" ? "nodes with coordinates" : "edges with features");
  for (int64_t i = 0; i < options.layers; ++i) {
    mixtures_->push_back(nn::GaussianMixture(
        nn::GaussianMixtureOptions{.in = width, .out = options.pseudo_dim, .kernels = options.kernels}));
    layers_->push_back(nn::GraphConvolution(
        nn::GraphConvolutionOptions{.in = i == 0 ? domain.features : options.d_model,
                                    .out = i + 1 == options.layers ? domain.outputs : options.d_model,
                                    .kernels = options.kernels,
                                    .normalise = options.normalise,
                                    .input_dropout = options.dropout}));
  }
  register_module("mixtures", mixtures_);
  register_module("layers", layers_);
}

nn::GraphInputs Monet::reads() const {
  return {.edge_features = options_.pseudo == "features", .coordinates = options_.pseudo == "offset"};
}

at::Tensor Monet::pseudo_coordinates(const nn::Graphs& graphs) const {
  if (options_.pseudo == "degree") return nn::degree_coordinates(graphs.edges);
  if (options_.pseudo == "features") return graphs.edge_features;
  return graphs.coordinates.index_select(0, graphs.edges.source) -
         graphs.coordinates.index_select(0, attention::targets_of(graphs.edges));
}

at::Tensor Monet::run(const nn::Graphs& graphs, int64_t layers) {
  const at::Tensor coordinates = pseudo_coordinates(graphs);
  nn::NodeFeatures features = graphs.features;
  at::Tensor found;
  for (int64_t i = 0; i < layers; ++i) {
    const auto number = static_cast<size_t>(i);
    if (i > 0) features = {.dense = at::elu(found), .sparse = {}};
    const at::Tensor weights = mixtures_->ptr<nn::GaussianMixtureImpl>(number)->forward(coordinates);
    found = layers_->ptr<nn::GraphConvolutionImpl>(number)->forward(features, weights, graphs.edges);
  }
  return found;
}

at::Tensor Monet::embeddings(const nn::Graphs& graphs) {
  TORCH_CHECK(options_.layers > 1, "[monet] a single layer has no embeddings of nodes before it");
  return at::elu(run(graphs, options_.layers - 1));
}

at::Tensor Monet::forward(const nn::Graphs& graphs) {
  const at::Tensor outputs = run(graphs, options_.layers);
  return domain().of_graphs ? nn::mean_of_nodes(outputs, graphs) : outputs;
}

}  // namespace heed::models
