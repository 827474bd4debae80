// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/graph_convolution.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/init.h>

#include "heed/attention/edge_sum.h"
#include "heed/attention/edges.h"

namespace heed::nn {
namespace {

/// degree^-1/2 of the target and of the source of each edge.
struct InverseRoots {
  at::Tensor target, source;  ///< [edges]
};
InverseRoots inverse_roots(const attention::Edges& edges) {
  TORCH_CHECK(edges.targets() == edges.sources(),
              "[graph convolution] targets and sources must be the same nodes, got ", edges.targets(),
              " and ", edges.sources());
  const at::Tensor of_node = edges.target_begin.diff().clamp_min(1).to(at::kFloat).rsqrt();
  return {of_node.index_select(0, attention::targets_of(edges)), of_node.index_select(0, edges.source)};
}

}  // namespace

GraphConvolutionImpl::GraphConvolutionImpl(const GraphConvolutionOptions& of) : options(of) {
  weight = register_parameter("weight", at::empty({of.in, of.kernels, of.out}));
  for (int64_t k = 0; k < of.kernels; ++k) torch::nn::init::xavier_uniform_(weight.select(1, k));
  bias = register_parameter("bias", at::zeros({of.out}));
}

at::Tensor GraphConvolutionImpl::forward(const NodeFeatures& features, const at::Tensor& weights,
                                         const attention::Edges& edges) {
  const double dropout = is_training() ? options.input_dropout : 0;
  // One head of all kernels: they see the same features.
  const at::Tensor hidden = head_products(features, weight.flatten(1).unsqueeze(1), dropout);
  at::Tensor sums = attention::edge_sum(hidden.view({-1, options.kernels, options.out}), weights, edges);
  if (options.normalise) {
    constexpr double kLeast = 1e-12;  // a node without edges has sums of 0
    sums = sums / attention::edge_sum(at::ones({edges.sources(), 1, 1}, hidden.options()), weights, edges)
                      .clamp_min(kLeast);
  }
  return sums.sum(1) + bias;
}

at::Tensor symmetric_weights(const attention::Edges& edges) {
  const InverseRoots roots = inverse_roots(edges);
  return (roots.target * roots.source).unsqueeze(1);
}

at::Tensor degree_coordinates(const attention::Edges& edges) {
  const InverseRoots roots = inverse_roots(edges);
  return at::stack({roots.target, roots.source}, 1);
}

GaussianMixtureImpl::GaussianMixtureImpl(const GaussianMixtureOptions& of) {
  projection = register_module("projection", torch::nn::Linear(of.in, of.out));
  mean = register_parameter("mean", at::randn({of.kernels, of.out}) * 0.1);
  inverse_deviation = register_parameter("inverse_deviation", at::ones({of.kernels, of.out}));
}

at::Tensor GaussianMixtureImpl::forward(const at::Tensor& coordinates) {
  const at::Tensor seen = projection->forward(coordinates).tanh().unsqueeze(1);
  return ((seen - mean) * inverse_deviation).square().sum(2).mul(-0.5).exp();
}

}  // namespace heed::nn
