// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include "tests/difference.h"
#include "tests/models/two_groups.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/nn/functional/loss.h>
#include <torch/optim/adam.h>
#include <torch/utils.h>

#include "heed/models/gcn.h"
#include "heed/models/monet.h"

namespace heed::models {
namespace {
using testing::TwoGroups;

constexpr nn::GraphDomain kTwoGroups{.features = 12, .edge_features = 2, .coordinates = true, .outputs = 2};

std::vector<std::shared_ptr<nn::GraphModel>> all_models(const nn::GraphDomain& domain) {
  std::vector<std::shared_ptr<nn::GraphModel>> made{
      std::make_shared<Gcn>(domain, GcnOptions{.dropout = 0.2})};
  for (const std::string pseudo : {"degree", "offset", "features"})
    made.push_back(std::make_shared<Monet>(domain, MonetOptions{.pseudo = pseudo, .dropout = 0.2}));
  return made;
}

TEST(GraphConvolutions, LearnWhatOnlyTheEdgesSay) {
  const TwoGroups data(80);
  torch::manual_seed(2);
  for (const auto& model : all_models(kTwoGroups)) {
    torch::optim::Adam adam(model->parameters(), torch::optim::AdamOptions(0.02));
    for (int step = 0; step < 80; ++step) {
      adam.zero_grad();
      torch::nn::functional::cross_entropy(model->forward(data.graphs), data.labels).backward();
      adam.step();
    }
    model->eval();
    const at::NoGradGuard no_grad;
    const auto accuracy =
        model->forward(data.graphs).argmax(1).eq(data.labels).to(at::kFloat).mean().item<double>();
    EXPECT_GT(accuracy, 0.9) << model->name();  // the features alone: about 0.7
  }
}

TEST(GraphConvolutions, OutputsOfAGraphAreMeansOfItsNodes) {
  const TwoGroups data(20);
  nn::GraphDomain whole = kTwoGroups;
  whole.of_graphs = true;
  const auto nodes = all_models(kTwoGroups), graphs = all_models(whole);
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < nodes.size(); ++i) {
    nodes[i]->eval(), graphs[i]->eval();
    const auto from = nodes[i]->parameters();
    for (size_t p = 0; p < from.size(); ++p) graphs[i]->parameters()[p].copy_(from[p]);
    EXPECT_LT(difference(graphs[i]->forward(data.graphs), nodes[i]->forward(data.graphs).mean(0, true)),
              1e-5);
  }
}

TEST(GraphConvolutions, MonetSaysWhatItsPseudoCoordinatesNeed) {
  const nn::GraphDomain bare{.features = 3, .outputs = 2};
  EXPECT_THROW(Monet(bare, MonetOptions{.pseudo = "offset"}), c10::Error);
  EXPECT_THROW(Monet(bare, MonetOptions{.pseudo = "features"}), c10::Error);
  EXPECT_FALSE(Monet(bare, MonetOptions{}).reads().edge_features);
}

}  // namespace
}  // namespace heed::models
