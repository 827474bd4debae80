// SPDX-License-Identifier: Apache-2.0
#include "heed/models/sru_plus_plus.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/utils.h>

#include "heed/core/config.h"

namespace heed::models {
namespace {

SruPlusPlusOptions small() {
  return {.vocabulary = 23,
          .hidden = 14,
          .projection = 6,
          .layers = 4,
          .attention_every = 2,
          .dropout = 0,
          .attention_dropout = 0};
}

at::Tensor some_tokens(int64_t batch, int64_t length) {
  return at::randint(23, {batch, length}, at::kLong);
}

using Weights = torch::OrderedDict<std::string, at::Tensor>;

at::Tensor mixed(const Weights& weights, const std::string& layer, const at::Tensor& x) {
  at::Tensor query = x.matmul(weights[layer + ".query.weight"].t());
  if (weights.contains(layer + ".alpha")) {
    const auto parts = query.matmul(weights[layer + ".key_value.weight"].t()).chunk(2, -1);
    const at::Tensor later = at::ones({x.size(0), x.size(0)}, at::kBool).triu(1);
    const at::Tensor scores = query.matmul(parts[0].t()).div(std::sqrt(6.0));
    query =
        query +
        weights[layer + ".alpha"] *
            scores.masked_fill(later, -std::numeric_limits<float>::infinity()).softmax(-1).matmul(parts[1]);
  }
  return at::layer_norm(query, {6}, weights[layer + ".norm.weight"], weights[layer + ".norm.bias"]);
}

at::Tensor recurrence(const Weights& weights, const std::string& name, const at::Tensor& products,
                      const at::Tensor& x) {
  at::Tensor cell = at::zeros({14});
  std::vector<at::Tensor> outputs;
  for (int64_t t = 0; t < x.size(0); ++t) {
    const auto u = products[t].chunk(3);
    const at::Tensor f =
        (u[1] + weights[name + ".forget_weight"] * cell + weights[name + ".forget_bias"]).sigmoid();
    const at::Tensor r =
        (u[2] + weights[name + ".reset_weight"] * cell + weights[name + ".reset_bias"]).sigmoid();
    cell = f * cell + (1 - f) * u[0];
    outputs.push_back(r * cell + (1 - r) * x[t]);
  }
  return at::stack(outputs);
}

TEST(SruPlusPlus, EqualsItsLayersWrittenOut) {
  torch::manual_seed(1);
  SruPlusPlus model(small());
  model.eval();
  const at::NoGradGuard no_grad;
  for (auto& parameter : model.parameters()) parameter.add_(at::randn_like(parameter) * 0.3);
  const auto weights = model.named_parameters();
  const at::Tensor tokens = some_tokens(1, 8);
  at::Tensor x = weights["tokens.weight"].index_select(0, tokens[0]);
  for (const std::string i : {"0", "1", "2", "3"}) {
    const std::string layer = "layers." + i;
    const at::Tensor products = mixed(weights, layer, x).matmul(weights[layer + ".output.weight"].t());
    x = recurrence(weights, layer + ".recurrence", products, x);
  }
  const at::Tensor logits = at::linear(x, weights["output.weight"], weights["output.bias"]);
  EXPECT_LT(difference(model.forward({tokens, {}, {}})[0], logits), 2e-5);
}

TEST(SruPlusPlus, AttendsInEveryNthLayerAndBeginsWithoutAttention) {
  torch::manual_seed(2);
  SruPlusPlus model(small());
  EXPECT_EQ(model.attention_layers(), 2);
  auto weights = model.named_parameters();
  for (const std::string i : {"0", "1", "2", "3"})
    EXPECT_EQ(weights.contains("layers." + i + ".alpha"), i == "1" || i == "3") << i;
  const at::NoGradGuard no_grad;
  const at::Tensor tokens = some_tokens(2, 7), before = model.forward({tokens, {}, {}});
  weights["layers.1.key_value.weight"].mul_(3);
  EXPECT_TRUE(model.forward({tokens, {}, {}}).equal(before)) << "alpha is 0";
  weights["layers.1.alpha"].fill_(1);
  EXPECT_GT(difference(model.forward({tokens, {}, {}}), before), 1e-3);
}

TEST(SruPlusPlus, TracesTheLayersThatAttend) {
  SruPlusPlus model(small());
  const auto trace = model.trace({some_tokens(2, 5), {}, {}}, 1);
  EXPECT_EQ(trace.query.sizes(), at::IntArrayRef({2, 1, 5, 6}));
  EXPECT_THROW(model.trace({some_tokens(2, 5), {}, {}}, 2), c10::Error);
  SruPlusPlusOptions options = small();
  options.attention_every = 5;
  EXPECT_EQ(SruPlusPlus(options).attention_layers(), 0);
}

TEST(SruPlusPlus, DropoutMattersInTrainingAlone) {
  torch::manual_seed(3);
  SruPlusPlusOptions options = small();
  options.dropout = 0.3;
  SruPlusPlus model(options);
  const at::Tensor tokens = some_tokens(2, 7);
  EXPECT_GT(difference(model.features({tokens, {}, {}}), model.features({tokens, {}, {}})), 1e-3);
  model.eval();
  EXPECT_TRUE(model.features({tokens, {}, {}}).equal(model.features({tokens, {}, {}})));
}

TEST(SruPlusPlus, RefusesHeadsThatDoNotDivideAndPackedSegments) {
  SruPlusPlusOptions options = small();
  options.heads = 4;
  EXPECT_THROW(SruPlusPlus{options}, c10::Error);
  SruPlusPlus model(small());
  const at::Tensor tokens = some_tokens(1, 4);
  EXPECT_THROW(model.features({tokens, {}, at::zeros_like(tokens)}), c10::Error);
}

TEST(SruPlusPlus, FieldsNameEveryOptionOfTheConfig) {
  SruPlusPlusOptions options;
  const auto config = parse_toml(
      "hidden = 8\nprojection = 4\nlayers = 3\nheads = 2\nattention_every = 3\ndropout = 0.3\n"
      "attention_dropout = 0.1\nhighway_bias = -3\ntie_embeddings = true\nattention_backend = 'tiled'",
      "test");
  read_fields(config, "test", fields(options));
  EXPECT_EQ(options.projection, 4);
  EXPECT_EQ(options.attention_every, 3);
  EXPECT_EQ(options.highway_bias, -3);
  EXPECT_TRUE(options.tie_embeddings);
}

}  // namespace
}  // namespace heed::models
