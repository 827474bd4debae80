// SPDX-License-Identifier: Apache-2.0
#include "heed/models/r_transformer.h"

#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/nn/modules/rnn.h>
#include <torch/utils.h>

#include "heed/core/config.h"

namespace heed::models {
namespace {

RTransformerOptions small() {
  return {.vocabulary = 23, .d_model = 12, .heads = 3, .layers = 2, .d_ff = 17, .window = 3, .dropout = 0};
}

at::Tensor some_tokens(int64_t batch, int64_t length) {
  return at::randint(23, {batch, length}, at::kLong);
}

using Weights = torch::OrderedDict<std::string, at::Tensor>;

at::Tensor norm_of(const Weights& weights, const std::string& name, const at::Tensor& x) {
  return at::layer_norm(x, {12}, weights[name + ".weight"], weights[name + ".bias"]);
}

at::Tensor product(const Weights& weights, const std::string& name, const at::Tensor& x) {
  return at::linear(x, weights[name + ".weight"], weights[name + ".bias"]);
}

/// libtorch's LSTM over the three inputs up to each position, [length, 12] to [length, 12].
at::Tensor local_recurrence(const Weights& weights, const std::string& name, const at::Tensor& x) {
  torch::nn::LSTM lstm(12, 12);
  auto theirs = lstm->named_parameters();
  theirs["weight_ih_l0"].copy_(weights[name + ".input.weight"]);
  theirs["bias_ih_l0"].copy_(weights[name + ".input.bias"]);
  theirs["weight_hh_l0"].copy_(weights[name + ".recurrent"]);
  theirs["bias_hh_l0"].zero_();
  const at::Tensor padded = at::cat({at::zeros({2, 12}), x});
  std::vector<at::Tensor> last;
  for (int64_t t = 0; t < x.size(0); ++t)
    last.push_back(std::get<0>(lstm->forward(padded.narrow(0, t, 3).unsqueeze(1)))[2][0]);
  return at::stack(last);
}

at::Tensor causal_heads(const at::Tensor& joined) {
  const int64_t length = joined.size(0);
  const at::Tensor parts = joined.view({length, 3, 3, 4}).permute({1, 2, 0, 3});  // q, k, v by head
  const at::Tensor later = at::ones({length, length}, at::kBool).triu(1);
  const at::Tensor scores = parts[0]
                                .matmul(parts[1].transpose(1, 2))
                                .div(2.0)
                                .masked_fill(later, -std::numeric_limits<float>::infinity());
  return scores.softmax(-1).matmul(parts[2]).transpose(0, 1).reshape({length, 12});
}

TEST(RTransformer, EqualsItsSublayersWrittenOut) {
  torch::manual_seed(1);
  RTransformer model(small());
  model.eval();
  const at::NoGradGuard no_grad;
  const auto weights = model.named_parameters();
  const at::Tensor tokens = some_tokens(1, 8);
  at::Tensor x = weights["tokens.weight"].index_select(0, tokens[0]);
  for (const std::string i : {"0", "1"}) {
    const std::string layer = "layers." + i;
    x = x + local_recurrence(weights, "recurrences." + i, norm_of(weights, "norms." + i, x));
    const at::Tensor asked = product(weights, layer + ".attention.query_key_value",
                                     norm_of(weights, layer + ".attention_norm", x));
    x = x + product(weights, layer + ".attention.output", causal_heads(asked));
    const at::Tensor inside =
        product(weights, layer + ".expand", norm_of(weights, layer + ".feed_forward_norm", x)).relu();
    x = x + product(weights, layer + ".contract", inside);
  }
  x = norm_of(weights, "norm", x);
  const at::Tensor logits = at::linear(x, weights["tokens.weight"], weights["output_bias"]);
  EXPECT_LT(difference(model.forward({tokens, {}, {}})[0], logits), 1e-5);
}

TEST(RTransformer, ALargerWindowAddsNoParameterButSeesFurther) {
  torch::manual_seed(2);
  RTransformerOptions options = small();
  RTransformer narrow(options);
  options.window = 5;
  RTransformer wide(options);
  EXPECT_EQ(nn::parameter_count(narrow), nn::parameter_count(wide));
  const at::NoGradGuard no_grad;
  auto to = wide.named_parameters();
  for (const auto& parameter : narrow.named_parameters()) to[parameter.key()].copy_(parameter.value());
  const at::Tensor tokens = some_tokens(1, 8);
  EXPECT_GT(difference(narrow.forward({tokens, {}, {}}), wide.forward({tokens, {}, {}})), 1e-3);
}

TEST(RTransformer, TracesEveryLayerAndRefusesOthers) {
  RTransformer model(small());
  EXPECT_EQ(model.attention_layers(), 2);
  const at::Tensor tokens = some_tokens(2, 5);
  for (const int64_t layer : {0, 1}) {
    const auto trace = model.trace({tokens, {}, {}}, layer);
    EXPECT_EQ(trace.query.sizes(), at::IntArrayRef({2, 3, 5, 4}));
    EXPECT_EQ(trace.key.sizes(), at::IntArrayRef({2, 3, 5, 4}));
  }
  EXPECT_THROW(model.trace({tokens, {}, {}}, 2), c10::Error);
}

TEST(RTransformer, RefusesPackedSegments) {
  RTransformer model(small());
  const at::Tensor tokens = some_tokens(1, 4);
  EXPECT_THROW(model.features({tokens, {}, at::zeros_like(tokens)}), c10::Error);
}

TEST(RTransformer, FieldsNameEveryOptionOfTheConfig) {
  RTransformerOptions options;
  const auto config = parse_toml(
      "d_model = 8\nheads = 2\nlayers = 1\nd_ff = 9\nwindow = 4\ndropout = 0.3\nattention_dropout = 0.2\n"
      "activation = 'gelu'\ntie_embeddings = false\nattention_backend = 'tiled'",
      "test");
  read_fields(config, "test", fields(options));
  EXPECT_EQ(options.window, 4);
  EXPECT_EQ(options.activation, "gelu");
  EXPECT_EQ(options.attention_backend, "tiled");
  EXPECT_FALSE(options.tie_embeddings);
}

}  // namespace
}  // namespace heed::models
