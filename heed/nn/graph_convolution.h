// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include "heed/attention/attention.h"
#include "heed/nn/node_features.h"

namespace heed::nn {

struct GraphConvolutionOptions {
  int64_t in = 0, out = 0;
  int64_t kernels = 1;       ///< weights of an edge, each with a matrix of its own
  bool normalise = false;    ///< divide what a kernel sums by the sum of its weights
  double input_dropout = 0;  ///< of the features
};

/// Graph convolution: each node sums what comes along its edges, with weights that do not depend on the features of nodes. With
/// the weights w_k of an edge j -> i,
///   y_i = bias + sum over k and edges j -> i of w_k W_k x_j
/// or, with `normalise`, of w_k / (sum over the edges of i of w_k) W_k x_j, for positive weights.
/// With one kernel and symmetric_weights() it is the layer of GCN (Kipf and Welling 2017, arXiv:1609.02907), with those of
/// GaussianMixture that of MoNet (Monti et al. 2017, arXiv:1611.08402).
///
/// Parameters: weight [in, kernels, out], Glorot uniform for each kernel, and bias [out], zeros. Memory O(nodes * kernels * out + edges * kernels).
/// Differentiable once.
class GraphConvolutionImpl : public torch::nn::Module {
 public:
  explicit GraphConvolutionImpl(const GraphConvolutionOptions& options);

  /// Features of the nodes, and weights [edges, kernels] numbered as edges; returns [nodes, out].
  at::Tensor forward(const NodeFeatures& features, const at::Tensor& weights, const attention::Edges& edges);

  const GraphConvolutionOptions options;
  at::Tensor weight, bias;
};
TORCH_MODULE(GraphConvolution);

/// The weights of GCN, [edges, 1]: 1 / sqrt(degree of the target * degree of the source), where the degree of a node is the number of
/// edges that arrive at it, and at least 1.
at::Tensor symmetric_weights(const attention::Edges& edges);

/// The pseudo-coordinates that MoNet gives the edges of a graph without a geometry, [edges, 2]: degree^-1/2 of target and source.
at::Tensor degree_coordinates(const attention::Edges& edges);

struct GaussianMixtureOptions {
  int64_t in = 2;       ///< pseudo-coordinates of an edge
  int64_t out = 2;      ///< numbers of an edge that the Gaussians see
  int64_t kernels = 3;  ///< Gaussians
};

/// The weights of MoNet (Monti et al. 2017, equation 11): with the pseudo-coordinates u of an edge and v = tanh(A u + a),
///   w_k = exp(-1/2 sum over d of ((v_d - mean_kd) * inverse_deviation_kd)^2)
/// Means begin with normal numbers of deviation 0.1, inverse deviations at 1. Differentiable.
class GaussianMixtureImpl : public torch::nn::Module {
 public:
  explicit GaussianMixtureImpl(const GaussianMixtureOptions& options);

  /// coordinates [edges, in]; returns weights [edges, kernels].
  at::Tensor forward(const at::Tensor& coordinates);

  torch::nn::Linear projection{nullptr};
  at::Tensor mean, inverse_deviation;  ///< [kernels, out]
};
TORCH_MODULE(GaussianMixture);

}  // namespace heed::nn
