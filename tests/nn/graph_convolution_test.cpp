// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/graph_convolution.h"

#include <cmath>
#include <vector>

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/utils.h>

#include "heed/attention/edges.h"

namespace heed::nn {
namespace {

/// 0 - 1 in both directions, 2 -> 0, and an edge from each of the four nodes to itself but the last.
attention::Edges edges() {
  const at::Tensor source = at::tensor({0, 1, 2, 0, 1, 2}, at::kLong),
                   target = at::tensor({1, 0, 0, 0, 1, 2}, at::kLong);
  return attention::make_edges(source, target, 4, 4);
}

/// The matrix [4, 4] with weights of edges, from sources (columns) to targets (rows).
at::Tensor matrix_of(const attention::Edges& e, const at::Tensor& weights) {
  at::Tensor matrix = at::zeros({e.targets(), e.sources()});
  matrix.index_put_({attention::targets_of(e), e.source.to(at::kLong)}, weights, /*accumulate=*/true);
  return matrix;
}

TEST(GraphConvolution, SumsMatrixProductsOverKernels) {
  torch::manual_seed(1);
  const auto e = edges();
  GraphConvolution layer(GraphConvolutionOptions{.in = 5, .out = 3, .kernels = 2});
  {
    const at::NoGradGuard no_grad;
    layer->bias.normal_();
  }
  const at::Tensor x = at::randn({4, 5}), weights = at::randn({e.size(), 2});
  at::Tensor expected = layer->bias.expand({4, 3});
  for (int64_t k = 0; k < 2; ++k) {
    const at::Tensor products = at::matmul(x, layer->weight.select(1, k));
    expected = expected + at::matmul(matrix_of(e, weights.select(1, k)), products);
  }
  NodeFeatures features;
  features.dense = x;
  EXPECT_LT(difference(layer->forward(features, weights, e), expected), 1e-5);
}

TEST(GraphConvolution, SparseFeaturesGiveWhatDenseOnesGive) {
  torch::manual_seed(2);
  const auto e = edges();
  GraphConvolution layer(GraphConvolutionOptions{.in = 4, .out = 3});
  NodeFeatures dense, sparse;
  dense.dense = at::tensor({0.F, 2.F, 0.F, 0.F, 1.F, 0.F, 0.F, 3.F, 0.F, 0.F, 0.F, 0.F, 0.F, 0.F, -1.F, 0.F})
                    .view({4, 4});
  sparse.sparse = sparse_matrix(at::tensor({0, 1, 3, 3, 4}, at::kLong), at::tensor({1, 0, 3, 2}, at::kLong),
                                at::tensor({2.F, 1.F, 3.F, -1.F}), 4);
  const at::Tensor weights = symmetric_weights(e);
  EXPECT_LT(difference(layer->forward(sparse, weights, e), layer->forward(dense, weights, e)), 1e-6);
}

TEST(GraphConvolution, WeightsOfGcnAreThoseOfTheNormalisedMatrix) {
  const auto e = edges();
  const at::Tensor ones = matrix_of(e, at::ones({e.size()}));
  const at::Tensor root = ones.sum(1).clamp_min(1).rsqrt();
  EXPECT_LT(difference(matrix_of(e, symmetric_weights(e).squeeze(1)), root.unsqueeze(1) * ones * root), 1e-6);
  const at::Tensor both = degree_coordinates(e);
  EXPECT_LT(difference(both.select(1, 0) * both.select(1, 1), symmetric_weights(e).squeeze(1)), 1e-6);
}

TEST(GaussianMixture, IsTheFormulaAndHasItsGradients) {
  torch::manual_seed(3);
  GaussianMixture mixture(GaussianMixtureOptions{.in = 2, .out = 3, .kernels = 4});
  const at::Tensor u = at::rand({6, 2});
  const at::Tensor weights = mixture->forward(u);
  ASSERT_EQ(weights.sizes(), (std::vector<int64_t>{6, 4}));
  for (int64_t edge = 0; edge < 6; ++edge) {
    const at::Tensor v = at::tanh(mixture->projection->forward(u[edge]));
    for (int64_t k = 0; k < 4; ++k) {
      double sum = 0;
      for (int64_t d = 0; d < 3; ++d) {
        const double z = (v[d].item<double>() - mixture->mean[k][d].item<double>()) *
                         mixture->inverse_deviation[k][d].item<double>();
        sum += z * z;
      }
      EXPECT_NEAR(weights[edge][k].item<double>(), std::exp(-sum / 2), 1e-5);
    }
  }
  weights.sum().backward();
  EXPECT_GT(mixture->mean.grad().abs().max().item<double>(), 0);
  EXPECT_GT(mixture->projection->weight.grad().abs().max().item<double>(), 0);
}

}  // namespace
}  // namespace heed::nn
