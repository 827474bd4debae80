// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>

#include "heed/core/field.h"
#include "heed/nn/graph_model.h"

namespace heed::models {

struct MonetOptions {
  int64_t layers = 2;
  int64_t d_model = 16;           ///< width of all layers but the last
  int64_t kernels = 3;            ///< Gaussians
  int64_t pseudo_dim = 2;         ///< numbers of an edge that the Gaussians see
  std::string pseudo = "degree";  ///< pseudo-coordinates of an edge: degree, offset, features
  bool normalise = true;          ///< the weights of a Gaussian at a node sum to 1
  double dropout = 0.5;           ///< of the features of each layer
};
std::vector<Field> fields(MonetOptions& options);

/// Mixture model network: Monti et al. 2017, arXiv:1611.08402. Layers of nn::GraphConvolution whose weights are Gaussians of the
/// pseudo-coordinates of each edge (nn::GaussianMixture, one for each layer), with ELU between; the last layer has the outputs. The
/// pseudo-coordinates are
///   degree    degree^-1/2 of both ends, for graphs without a geometry
///   offset    the coordinates of the source less those of the target
///   features  the features of the edge
/// The outputs of a graph are the means of those of its nodes.
class Monet : public nn::GraphModel {
 public:
  /// Throws c10::Error where nodes have no features, or edges nothing that the pseudo-coordinates need.
  Monet(const nn::GraphDomain& domain, const MonetOptions& options);

  nn::GraphInputs reads() const override;
  at::Tensor embeddings(const nn::Graphs& graphs) override;
  at::Tensor forward(const nn::Graphs& graphs) override;

 private:
  at::Tensor pseudo_coordinates(const nn::Graphs& graphs) const;
  /// The outputs of the first layers, before their ELU.
  at::Tensor run(const nn::Graphs& graphs, int64_t layers);

  MonetOptions options_;
  torch::nn::ModuleList mixtures_, layers_;
};

}  // namespace heed::models
