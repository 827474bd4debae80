// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/graph/graph_transforms.h"

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/utils.h>

#include "heed/attention/edges.h"
#include "heed/models/gat.h"
#include "heed/models/graph_transformer.h"

namespace heed::tasks {
namespace {

/// One graph of seven nodes with types of edges, and places.
nn::Graphs one_graph(int64_t nodes = 7) {
  torch::manual_seed(1);
  nn::Graphs graphs;
  graphs.edges = attention::make_edges(at::randint(nodes, {3 * nodes}, at::kLong),
                                       at::arange(nodes).repeat({3}), nodes, nodes);
  graphs.edge_types = at::randint(3, {3 * nodes}, at::kLong);
  graphs.features.dense = at::randn({nodes, 4});
  graphs.coordinates = at::randn({nodes, 3});
  graphs.begin = at::tensor({int64_t{0}, nodes});
  return graphs;
}

TEST(GraphTransforms, OutputsFollowNodesThatAreNumberedAnew) {
  const nn::Graphs graphs = one_graph();
  models::GraphTransformer model({.features = 4, .edge_types = 3, .coordinates = true, .outputs = 2},
                                 {.d_model = 16, .heads = 2, .layers = 2, .d_ff = 16, .all_pairs = false});
  const at::NoGradGuard no_grad;
  const at::Tensor order = at::randperm(7), before = model.forward(graphs);
  EXPECT_LT(difference(model.forward(relabelled(graphs, order)), before.index_select(0, order)), 1e-5);
  EXPECT_GT(difference(model.forward(relabelled(graphs, order)), before), 1e-3);
  EXPECT_LT(difference(model.forward(rotated(graphs, random_rotation())), before), 1e-4);
}

TEST(GraphTransforms, LengthsOfPathsFollowTheirNodes) {
  nn::Graphs graphs = one_graph();
  graphs.coordinates.reset();
  graphs.path_lengths = at::randint(6, {graphs.edges.size()}, at::kLong);
  models::GraphTransformer model({.features = 4, .edge_types = 3, .outputs = 2},
                                 {.d_model = 16, .heads = 2, .layers = 2, .d_ff = 16});
  const at::NoGradGuard no_grad;
  const at::Tensor order = at::randperm(7), before = model.forward(graphs);
  EXPECT_LT(difference(model.forward(relabelled(graphs, order)), before.index_select(0, order)), 1e-5);
}

TEST(GraphTransforms, SparseFeaturesFollowLikeDenseOnes) {
  nn::Graphs dense = one_graph(), sparse = dense;
  dense.features.dense = dense.features.dense * (dense.features.dense > 0.3);
  const at::Tensor csr = dense.features.dense.to_sparse_csr();
  sparse.features = {};
  sparse.features.sparse = nn::sparse_matrix(csr.crow_indices(), csr.col_indices(), csr.values(), 4);
  models::Gat model({.features = 4, .outputs = 2}, {.heads = 2, .head_dim = 4});
  model.eval();
  const at::NoGradGuard no_grad;
  const at::Tensor order = at::randperm(7);
  EXPECT_LT(difference(model.forward(relabelled(sparse, order)), model.forward(relabelled(dense, order))),
            1e-5);
}

TEST(GraphTransforms, RotationsKeepLengthsAndDirectionsOfTurning) {
  torch::manual_seed(2);
  at::Tensor mean = at::zeros({3, 3}, at::kDouble);
  for (int i = 0; i < 400; ++i) {
    const at::Tensor rotation = random_rotation();
    EXPECT_LT(difference(at::matmul(rotation, rotation.t()), at::eye(3)), 1e-12);
    EXPECT_NEAR(at::linalg_det(rotation).item<double>(), 1, 1e-12);
    mean += rotation / 400;
  }
  EXPECT_LT(mean.abs().max().item<double>(), 0.15);  // deviation of an entry's mean: 0.03
}

}  // namespace
}  // namespace heed::tasks
