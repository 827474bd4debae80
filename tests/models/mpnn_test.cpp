// SPDX-License-Identifier: Apache-2.0
#include "heed/models/mpnn.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/utils.h>

#include "heed/attention/edges.h"
#include "heed/nn/inference_scope.h"

namespace heed::models {
namespace {

constexpr nn::GraphDomain kDomain{
    .features = 5, .edge_features = 3, .edge_types = 4, .coordinates = true, .of_graphs = true, .outputs = 2};

/// Graphs of so many nodes with random edges, features and places.
nn::Graphs random_graphs(const std::vector<int64_t>& sizes) {
  nn::Graphs graphs;
  std::vector<int64_t> begin{0};
  std::vector<at::Tensor> sources, targets;
  for (const int64_t nodes : sizes) {
    sources.push_back(at::randint(nodes, {3 * nodes}, at::kLong) + begin.back());
    targets.push_back(at::randint(nodes, {3 * nodes}, at::kLong) + begin.back());
    begin.push_back(begin.back() + nodes);
  }
  graphs.begin = at::tensor(begin, at::kLong);
  graphs.features.dense = at::randn({begin.back(), 5});
  graphs.coordinates = at::randn({begin.back(), 3});
  graphs.edges = attention::make_edges(at::cat(sources), at::cat(targets), begin.back(), begin.back());
  graphs.edge_features = at::randn({graphs.edges.size(), 3});
  graphs.edge_types = at::randint(4, {graphs.edges.size()}, at::kLong);
  return graphs;
}

/// The nodes in another order, by `order` of their places.
nn::Graphs renumbered(const nn::Graphs& from, const at::Tensor& order) {
  const at::Tensor place = at::empty_like(order).scatter_(0, order, at::arange(order.size(0)));
  nn::Graphs to = from;
  to.features.dense = from.features.dense.index_select(0, order);
  to.coordinates = from.coordinates.index_select(0, order);
  to.edges = attention::make_edges(place.index_select(0, from.edges.source.to(at::kLong)),
                                   place.index_select(0, attention::targets_of(from.edges)), order.size(0),
                                   order.size(0));
  to.edge_features = from.edge_features.index_select(0, to.edges.order);
  to.edge_types = from.edge_types.index_select(0, to.edges.order);
  return to;
}

std::vector<MpnnOptions> kinds() {
  MpnnOptions network, matrix, towers, set;
  matrix.message = "matrix";
  towers.towers = 4;
  towers.master = true;
  set.readout = "set2set";
  std::vector<MpnnOptions> all{network, matrix, towers, set};
  for (auto& options : all) options.d_model = 16;
  return all;
}

TEST(Mpnn, NumberingNodesInAnotherWayChangesNothing) {
  for (const auto& options : kinds()) {
    torch::manual_seed(1);
    Mpnn model(kDomain, options);
    const nn::InferenceScope inference(model);
    const nn::Graphs graphs = random_graphs({8});
    const nn::Graphs other = renumbered(graphs, at::randperm(8));
    EXPECT_TRUE(at::allclose(model.forward(graphs), model.forward(other), 1e-4, 1e-5))
        << options.readout << options.message;
  }
}

TEST(Mpnn, EveryParameterGetsAGradient) {
  for (const auto& options : kinds()) {
    torch::manual_seed(2);
    Mpnn model(kDomain, options);
    model.forward(random_graphs({5, 9})).square().sum().backward();
    for (const auto& p : model.named_parameters()) {
      ASSERT_TRUE(p.value().grad().defined()) << p.key() << options.readout << options.message;
      EXPECT_GT(p.value().grad().abs().sum().item<double>(), 0) << p.key();
    }
  }
}

TEST(Mpnn, AnswersAboutNodes) {
  torch::manual_seed(3);
  nn::GraphDomain domain = kDomain;
  domain.of_graphs = false;
  Mpnn model(domain, kinds().front());
  EXPECT_EQ(model.forward(random_graphs({5, 9})).sizes(), at::IntArrayRef({14, 2}));
}

}  // namespace
}  // namespace heed::models
