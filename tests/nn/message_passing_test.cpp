// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/message_passing.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/nn/modules/rnn.h>
#include <torch/utils.h>

#include "heed/attention/edges.h"
#include "heed/nn/set2set.h"

namespace heed::nn {
namespace {

struct Case {
  int64_t nodes = 7, width = 6, functions = 4;
  at::Tensor state = at::randn({nodes, width}), source = at::randint(nodes, {15}, at::kLong),
             target = at::randint(nodes, {15}, at::kLong), weights = at::randn({15, functions});
  attention::Edges edges = attention::make_edges(source, target, nodes, nodes);
};

/// One tower by the formulas: a matrix for each edge, and torch's GRU.
at::Tensor by_hand(MessagePassing& passing, const Case& c) {
  const auto p = passing->named_parameters();
  const at::Tensor matrices = p["matrices"][0].view({c.functions, c.width, c.width});  // B_k: h -> h B_k
  at::Tensor messages = at::zeros({c.nodes, c.width});
  for (int64_t e = 0; e < c.source.size(0); ++e) {
    const at::Tensor a = (c.weights[e].view({-1, 1, 1}) * matrices).sum(0);
    messages[c.target[e].item<int64_t>()] += c.state[c.source[e].item<int64_t>()].matmul(a);
  }
  torch::nn::GRUCell cell(c.width, c.width);
  cell->weight_ih.set_data(p["message_weight"][0].t());
  cell->weight_hh.set_data(p["state_weight"][0].t());
  cell->bias_ih.set_data(p["message_bias"].flatten());
  cell->bias_hh.set_data(p["state_bias"].flatten());
  return cell->forward(messages, c.state);
}

TEST(MessagePassing, EqualsAMatrixForEachEdgeAndAGatedUpdate) {
  torch::manual_seed(1);
  const Case c;
  MessagePassing passing(MessagePassingOptions{.width = c.width, .towers = 1, .edge_functions = c.functions});
  const at::NoGradGuard no_grad;
  const at::Tensor found = passing->forward(c.state, c.weights.index_select(0, c.edges.order), c.edges);
  EXPECT_TRUE(at::allclose(found, by_hand(passing, c), 1e-4, 1e-5));
}

TEST(MessagePassing, TowersDoNotSeeEachOtherBeforeTheyAreMixed) {
  torch::manual_seed(2);
  const Case c;
  MessagePassing passing(MessagePassingOptions{.width = c.width, .towers = 3, .edge_functions = c.functions});
  const at::NoGradGuard no_grad;
  passing->named_parameters()["mix.weight"].copy_(at::eye(c.width));
  passing->named_parameters()["mix.bias"].zero_();
  const at::Tensor weights = c.weights.index_select(0, c.edges.order);
  const at::Tensor before = passing->forward(c.state, weights, c.edges);
  at::Tensor changed = c.state.clone();
  changed.slice(1, 0, 2) += 1;  // the first tower
  const at::Tensor after = passing->forward(changed, weights, c.edges);
  EXPECT_TRUE(at::allclose(before.slice(1, 2), after.slice(1, 2), 1e-6, 1e-6));
  EXPECT_FALSE(at::allclose(before.slice(1, 0, 2), after.slice(1, 0, 2), 1e-3, 1e-3));
  EXPECT_THROW(MessagePassing(MessagePassingOptions{.width = 6, .towers = 4}), c10::Error);
}

TEST(MessagePassing, EveryParameterGetsAGradient) {
  torch::manual_seed(3);
  const Case c;
  MessagePassing passing(MessagePassingOptions{.width = c.width, .towers = 2, .edge_functions = c.functions});
  at::Tensor weights = c.weights.index_select(0, c.edges.order).requires_grad_();
  passing->forward(c.state, weights, c.edges).square().sum().backward();
  EXPECT_GT(weights.grad().abs().sum().item<double>(), 0);
  for (const auto& p : passing->named_parameters())
    EXPECT_GT(p.value().grad().abs().sum().item<double>(), 0) << p.key();
}

TEST(Set2Set, DoesNotSeeOrderNorOtherGraphs) {
  torch::manual_seed(4);
  Set2Set set(5, 3);
  const at::NoGradGuard no_grad;
  Graphs graphs;
  graphs.begin = at::tensor({0, 4, 9}, at::kLong);
  const at::Tensor values = at::randn({9, 5});
  const at::Tensor found = set->forward(values, graphs);
  ASSERT_EQ(found.sizes(), at::IntArrayRef({2, 10}));
  const at::Tensor order =
      at::cat({at::tensor({2, 0, 3, 1}, at::kLong), at::tensor({8, 4, 6, 5, 7}, at::kLong)});
  EXPECT_TRUE(at::allclose(set->forward(values.index_select(0, order), graphs), found, 1e-5, 1e-6));
  Graphs second;
  second.begin = at::tensor({0, 5}, at::kLong);
  EXPECT_TRUE(at::allclose(set->forward(values.slice(0, 4), second)[0], found[1], 1e-5, 1e-6));
}

}  // namespace
}  // namespace heed::nn
