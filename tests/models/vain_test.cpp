// SPDX-License-Identifier: Apache-2.0
#include "heed/models/vain.h"

#include <cmath>
#include <string>
#include <vector>

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/optim/adam.h>
#include <torch/utils.h>

#include "heed/attention/edges.h"

namespace heed::models {
namespace {

/// Graphs of `agents` nodes each, where all others are neighbours, with features and coordinates.
nn::Graphs scenes(int64_t graphs, int64_t agents) {
  std::vector<int64_t> source, target;
  for (int64_t g = 0; g < graphs; ++g)
    for (int64_t i = 0; i < agents; ++i)
      for (int64_t j = 0; j < agents; ++j)
        if (i != j) source.push_back(g * agents + j), target.push_back(g * agents + i);
  nn::Graphs made;
  const int64_t nodes = graphs * agents;
  made.edges = attention::make_edges(at::tensor(source), at::tensor(target), nodes, nodes);
  made.features.dense = at::randn({nodes, 3});
  made.coordinates = at::randn({nodes, 3});
  made.begin = at::arange(0, nodes + 1, agents);
  return made;
}

constexpr nn::GraphDomain kScene{.features = 3, .coordinates = true, .outputs = 2};

VainOptions telling(const std::string& weights) {
  return {.d_model = 24, .attention_dim = 4, .weights = weights};
}

TEST(Vain, WeightsAreSoftmaxOfDistancesAndNobodyHearsItself) {
  torch::manual_seed(1);
  const nn::Graphs graphs = scenes(2, 5);
  Vain model(kScene, telling("attention"));
  const at::NoGradGuard no_grad;
  const auto parts = model.named_parameters();
  const auto layer = [&](const std::string& name, const at::Tensor& x) {
    return at::linear(x, parts[name + ".weight"], parts[name + ".bias"]);
  };
  const at::Tensor x = at::cat({graphs.features.dense, graphs.coordinates}, 1);
  const at::Tensor a = layer("vector", at::relu(layer("shared_hidden", x))).to(at::kDouble);
  at::Tensor scores = -at::cdist(a, a).square();
  const at::Tensor graph = at::arange(10).div(5, "floor"),
                   other = graph.unsqueeze(1).ne(graph) | at::eye(10, at::kBool);
  const at::Tensor expected = scores.masked_fill(other, -INFINITY).softmax(1);
  const at::Tensor found = model.attended(graphs, 0).weights.squeeze(1);
  const at::Tensor targets = attention::targets_of(graphs.edges);
  EXPECT_LT(difference(found, expected.index({targets, graphs.edges.source.to(at::kLong)})), 1e-5);
}

TEST(Vain, FollowsAgentsThatAreNumberedAnew) {
  torch::manual_seed(2);
  nn::Graphs graphs = scenes(1, 6);
  for (const std::string weights : {"attention", "mean", "none"}) {
    Vain model(kScene, telling(weights));
    const at::NoGradGuard no_grad;
    const at::Tensor before = model.forward(graphs), order = at::randperm(6);
    nn::Graphs other = graphs;
    other.features.dense = graphs.features.dense.index_select(0, order);
    other.coordinates = graphs.coordinates.index_select(0, order);
    EXPECT_LT(difference(model.forward(other), before.index_select(0, order)), 1e-5) << weights;
  }
}

TEST(Vain, WithoutWeightsAgentsDoNotHearEachOther) {
  torch::manual_seed(3);
  nn::Graphs graphs = scenes(1, 4), other = graphs;
  other.features.dense = graphs.features.dense.clone();
  other.features.dense[3].add_(1);
  for (const std::string weights : {"attention", "mean", "none"}) {
    Vain model(kScene, telling(weights));
    const at::NoGradGuard no_grad;
    const double change =
        difference(model.forward(graphs).slice(0, 0, 3), model.forward(other).slice(0, 0, 3));
    if (weights == "none")
      EXPECT_EQ(change, 0);
    else
      EXPECT_GT(change, 1e-4) << weights;
  }
}

TEST(Vain, LearnsWhatTheNearestAgentKnows) {
  torch::manual_seed(4);
  const nn::Graphs graphs = scenes(40, 5);
  const at::Tensor distances =
      at::cdist(graphs.coordinates.view({40, 5, 3}), graphs.coordinates.view({40, 5, 3})) + at::eye(5) * 100;
  const at::Tensor wanted = graphs.features.dense.view({40, 5, 3})
                                .gather(1, distances.argmin(2, true).expand({40, 5, 3}))
                                .view({200, 3})
                                .slice(1, 0, 2);
  const auto loss_of = [&](const std::string& weights) {
    torch::manual_seed(5);
    Vain model(kScene, telling(weights));
    torch::optim::Adam adam(model.parameters(), torch::optim::AdamOptions(0.01));
    at::Tensor loss;
    for (int step = 0; step < 150; ++step) {
      adam.zero_grad();
      loss = (model.forward(graphs) - wanted).square().mean();
      loss.backward();
      adam.step();
    }
    return loss.item<double>();
  };
  EXPECT_LT(loss_of("attention"), 0.8 * loss_of("none"));
}

}  // namespace
}  // namespace heed::models
