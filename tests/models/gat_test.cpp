// SPDX-License-Identifier: Apache-2.0
#include "heed/models/gat.h"

#include <vector>

#include "tests/difference.h"
#include "tests/models/two_groups.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/nn/functional/loss.h>
#include <torch/optim/adam.h>
#include <torch/utils.h>

#include "heed/attention/edges.h"

namespace heed::models {
namespace {
using testing::TwoGroups;

GatOptions small(bool dynamic) {
  return {.heads = 4,
          .head_dim = 6,
          .output_heads = 3,
          .dynamic = dynamic,
          .input_dropout = 0.2,
          .attention_dropout = 0.2,
          .value_dropout = 0.2};
}

TEST(Gat, LearnsWhatOnlyTheEdgesSay) {
  for (const bool dynamic : {false, true}) {
    const TwoGroups data(80);
    torch::manual_seed(2);
    Gat model({.features = 12, .outputs = 2}, small(dynamic));
    torch::optim::Adam adam(model.parameters(), torch::optim::AdamOptions(0.02));
    for (int step = 0; step < 60; ++step) {
      adam.zero_grad();
      torch::nn::functional::cross_entropy(model.forward(data.graphs), data.labels).backward();
      adam.step();
    }
    model.eval();
    const at::NoGradGuard no_grad;
    const auto accuracy =
        model.forward(data.graphs).argmax(1).eq(data.labels).to(at::kFloat).mean().item<double>();
    EXPECT_GT(accuracy, 0.9) << dynamic;  // the features alone: about 0.7
  }
}

TEST(Gat, TheSameSeedGivesTheSameBits) {
  const TwoGroups data(40);
  at::Tensor found[2];
  for (at::Tensor& logits : found) {
    torch::manual_seed(7);
    Gat model({.features = 12, .outputs = 3}, small(false));
    logits = model.forward(data.graphs);
  }
  EXPECT_TRUE(at::equal(found[0], found[1]));
}

TEST(Gat, GivesTheWeightsOfEveryLayer) {
  const TwoGroups data(30);
  Gat model({.features = 12, .outputs = 2}, small(false));
  model.eval();
  const at::NoGradGuard no_grad;
  ASSERT_EQ(model.attention_layers(), 2);
  const std::vector<int64_t> heads{4, 3};
  for (int64_t layer = 0; layer < 2; ++layer) {
    const at::Tensor weights = model.attended(data.graphs, layer).weights;
    ASSERT_EQ(weights.sizes(),
              (std::vector<int64_t>{data.graphs.edges.size(), heads[static_cast<size_t>(layer)]}));
    const at::Tensor sums =
        at::zeros({30, weights.size(1)}).index_add(0, attention::targets_of(data.graphs.edges), weights);
    EXPECT_LT(difference(sums, at::ones_like(sums)), 1e-5);
  }
}

TEST(Gat, NeedsFeatures) {
  EXPECT_THROW(Gat({.features = 0, .outputs = 2}, {}), c10::Error);
}

}  // namespace
}  // namespace heed::models
