// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/graph_attention.h"

#include <memory>
#include <vector>

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/utils.h>

#include "heed/attention/edges.h"

namespace heed::nn {
namespace {

/// A graph of `nodes`, each with an edge to itself and some others, and features of which most are zero.
struct Graph {
  at::Tensor source, target, dense;
  attention::Edges edges;
  NodeFeatures features, sparse;
};

Graph make_graph(int64_t nodes, int64_t width) {
  torch::manual_seed(nodes + width);
  Graph g;
  const at::Tensor self = at::arange(nodes);
  g.source = at::cat({self, at::randint(nodes, {3 * nodes}, at::kLong)});
  g.target = at::cat({self, at::randint(nodes, {3 * nodes}, at::kLong)});
  g.edges = attention::make_edges(g.source, g.target, nodes, nodes);
  g.dense = at::randn({nodes, width}) * (at::rand({nodes, width}) < 0.3);
  g.features.dense = g.dense;
  const at::Tensor csr = g.dense.to_sparse_csr();
  g.sparse.sparse = sparse_matrix(csr.crow_indices(), csr.col_indices(), csr.values(), width);
  return g;
}

std::shared_ptr<GraphAttentionImpl> layer_of(const GraphAttentionOptions& options) {
  torch::manual_seed(3);
  auto layer = std::make_shared<GraphAttentionImpl>(options);
  const at::NoGradGuard no_grad;
  for (auto& parameter : layer->parameters()) parameter.add_(at::randn_like(parameter) * 0.3);
  return layer;
}

/// The definition, edge by edge, in double.
at::Tensor by_definition(const GraphAttentionImpl& layer, const Graph& g) {
  const auto wide = [](const at::Tensor& x) { return x.to(at::kDouble); };
  const int64_t nodes = g.dense.size(0), heads = layer.options.heads;
  const at::Tensor x = wide(g.dense);
  at::Tensor output = at::empty({nodes, heads, layer.options.head_dim}, at::kDouble);
  for (int64_t h = 0; h < heads; ++h) {
    const at::Tensor hidden = x.matmul(wide(layer.weight.select(1, h)));
    const at::Tensor sources =
        layer.options.dynamic ? x.matmul(wide(layer.source_weight.select(1, h))) : hidden;
    const at::Tensor from = sources.index_select(0, g.source), to = hidden.index_select(0, g.target);
    const at::Tensor score =
        layer.options.dynamic
            ? (at::leaky_relu(to + from, 0.2) * wide(layer.vector[h])).sum(1)
            : at::leaky_relu((to * wide(layer.vector[h])).sum(1) + wide(layer.vector_bias[h]) +
                                 (from * wide(layer.source_vector[h])).sum(1) +
                                 wide(layer.source_vector_bias[h]),
                             0.2);
    for (int64_t i = 0; i < nodes; ++i) {
      const at::Tensor mine = at::nonzero(g.target == i).flatten();
      const at::Tensor weights = at::softmax(score.index_select(0, mine), 0);
      output[i][h] = (weights.unsqueeze(1) * from.index_select(0, mine)).sum(0) + wide(layer.bias[h]);
    }
  }
  return output;
}

TEST(GraphAttention, FollowsTheDefinitionsOfGatAndGatV2) {
  for (const bool dynamic : {false, true}) {
    const Graph g = make_graph(23, 11);
    const auto layer = layer_of({.in = 11, .heads = 3, .head_dim = 5, .dynamic = dynamic});
    const at::NoGradGuard no_grad;
    EXPECT_LT(difference(layer->forward(g.features, g.edges).to(at::kDouble), by_definition(*layer, g)),
              1e-5);
  }
}

TEST(GraphAttention, SparseFeaturesGiveTheSameAsDenseOnes) {
  for (const bool dynamic : {false, true}) {
    const Graph g = make_graph(17, 40);
    const auto layer = layer_of({.in = 40, .heads = 8, .head_dim = 8, .dynamic = dynamic});
    const at::Tensor grad = at::randn({17, 8, 8});
    std::vector<at::Tensor> grads[2];
    at::Tensor output[2];
    for (const int sparse : {0, 1}) {
      layer->zero_grad();
      output[sparse] = layer->forward(sparse ? g.sparse : g.features, g.edges);
      output[sparse].backward(grad);
      for (const auto& parameter : layer->parameters()) grads[sparse].push_back(parameter.grad().clone());
    }
    EXPECT_LT(difference(output[0], output[1]), 1e-5);
    for (size_t i = 0; i < grads[0].size(); ++i) EXPECT_LT(difference(grads[0][i], grads[1][i]), 1e-4) << i;
  }
}

TEST(GraphAttention, EachHeadDropsFeaturesOfItsOwnAndScalesTheRest) {
  const Graph g = make_graph(60, 50);
  const at::Tensor weight = at::ones({50, 4, 1});
  const at::Tensor whole = head_products(g.features, weight, 0);
  for (const auto* features : {&g.features, &g.sparse}) {
    torch::manual_seed(1);
    at::Tensor mean = at::zeros_like(whole), first;
    constexpr int kDraws = 400;
    for (int draw = 0; draw < kDraws; ++draw) {
      const at::Tensor found = head_products(*features, weight, 0.6);
      if (draw == 0) first = found;
      mean += found / kDraws;
    }
    for (int64_t h = 1; h < 4; ++h) EXPECT_GT(difference(first.select(1, 0), first.select(1, h)), 0.5);
    EXPECT_LT((mean - whole).abs().mean().item<double>(), 0.2);
  }
}

TEST(GraphAttention, DropsNothingInEvaluation) {
  const Graph g = make_graph(12, 9);
  const auto layer = layer_of({.in = 9,
                               .heads = 2,
                               .head_dim = 4,
                               .input_dropout = 0.6,
                               .attention_dropout = 0.6,
                               .value_dropout = 0.6});
  const at::NoGradGuard no_grad;
  const at::Tensor trained = layer->forward(g.features, g.edges);
  layer->eval();
  const at::Tensor once = layer->forward(g.features, g.edges);
  EXPECT_GT(difference(trained, once), 0.01);
  EXPECT_TRUE(at::equal(once, layer->forward(g.features, g.edges)));
}

TEST(GraphAttention, WeightsOfANodeSumToOne) {
  const Graph g = make_graph(30, 6);
  const auto layer = layer_of({.in = 6, .heads = 4, .head_dim = 3});
  const at::Tensor weights = layer->weights(g.features, g.edges);
  at::Tensor sums = at::zeros({30, 4}).index_add(0, attention::targets_of(g.edges), weights);
  EXPECT_LT(difference(sums, at::ones({30, 4})), 1e-5);
}

TEST(GraphAttention, GatRanksSourcesAlikeForAllNodesAndGatV2DoesNot) {
  // Brody et al. 2022: with GAT the source with the largest weight is the same one for every node of a complete graph.
  const int64_t nodes = 12;
  const at::Tensor all = at::arange(nodes);
  const auto edges = attention::make_edges(all.repeat({nodes}), all.repeat_interleave(nodes), nodes, nodes);
  torch::manual_seed(5);
  NodeFeatures features;
  features.dense = at::randn({nodes, 8});
  const auto favourites = [&](bool dynamic) {
    const auto layer = layer_of({.in = 8, .heads = 1, .head_dim = 16, .dynamic = dynamic});
    const at::Tensor best = layer->weights(features, edges).view({nodes, nodes}).argmax(1);
    return std::get<0>(at::_unique(best)).numel();
  };
  EXPECT_EQ(favourites(false), 1);
  EXPECT_GT(favourites(true), 1);
}

}  // namespace
}  // namespace heed::nn
