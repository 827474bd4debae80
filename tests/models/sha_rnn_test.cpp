// SPDX-License-Identifier: Apache-2.0
#include "heed/models/sha_rnn.h"

#include <cmath>
#include <limits>
#include <string>
#include <tuple>

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/nn/modules/rnn.h>
#include <torch/utils.h>

#include "heed/core/config.h"

namespace heed::models {
namespace {

ShaRnnOptions small() {
  return {.vocabulary = 23, .hidden = 12, .boom = 36, .layers = 3, .dropout = 0, .attention_dropout = 0};
}

at::Tensor some_tokens(int64_t batch, int64_t length) {
  return at::randint(23, {batch, length}, at::kLong);
}

using Weights = torch::OrderedDict<std::string, at::Tensor>;

at::Tensor norm_of(const Weights& weights, const std::string& name, const at::Tensor& x) {
  return at::layer_norm(x, {12}, weights[name + ".weight"], weights[name + ".bias"], 1e-12);
}

at::Tensor product(const Weights& weights, const std::string& name, const at::Tensor& x) {
  return at::linear(x, weights[name + ".weight"], weights[name + ".bias"]);
}

at::Tensor recurrence(const Weights& weights, const std::string& name, const at::Tensor& x) {
  torch::nn::LSTM lstm(12, 12);
  auto theirs = lstm->named_parameters();
  theirs["weight_ih_l0"].copy_(weights[name + ".input.weight"]);
  theirs["bias_ih_l0"].copy_(weights[name + ".input.bias"]);
  theirs["weight_hh_l0"].copy_(weights[name + ".recurrent"]);
  theirs["bias_hh_l0"].zero_();
  return std::get<0>(lstm->forward(x.unsqueeze(1))).squeeze(1);
}

at::Tensor attention(const Weights& weights, const std::string& block, const at::Tensor& x) {
  const at::Tensor stream = norm_of(weights, block + ".stream_norm", x),
                   memory = norm_of(weights, block + ".memory_norm", x);
  const at::Tensor query =
      norm_of(weights, block + ".query_norm", product(weights, block + ".query", stream)) *
      weights[block + ".query_scale"].sigmoid();
  const at::Tensor key = memory * weights[block + ".key_scale"].sigmoid();
  const auto over = product(weights, block + ".over", weights[block + ".value_scale"].sigmoid()).chunk(2, -1);
  const at::Tensor value = memory * (over[0].tanh() * over[1].sigmoid());
  const at::Tensor later = at::ones({x.size(0), x.size(0)}, at::kBool).triu(1);
  const at::Tensor scores = query.matmul(key.t()).div(std::sqrt(12.0));
  return stream +
         scores.masked_fill(later, -std::numeric_limits<float>::infinity()).softmax(-1).matmul(value);
}

TEST(ShaRnn, EqualsItsBlocksWrittenOut) {
  torch::manual_seed(1);
  ShaRnn model(small());
  model.eval();
  const at::NoGradGuard no_grad;
  for (auto& parameter : model.parameters()) parameter.add_(at::randn_like(parameter) * 0.3);
  const auto weights = model.named_parameters();
  const at::Tensor tokens = some_tokens(1, 8);
  at::Tensor x = weights["tokens.weight"].index_select(0, tokens[0]);
  for (const std::string i : {"0", "1", "2"}) {
    const std::string block = "blocks." + i;
    x = recurrence(weights, block + ".lstm", norm_of(weights, block + ".start_norm", x));
    if (i == "1") x = attention(weights, block, x);
    const at::Tensor wide =
        at::gelu(product(weights, block + ".boom", norm_of(weights, block + ".boom_norm", x)));
    x = norm_of(weights, block + ".boom_stream_norm", x) + wide.view({8, 3, 12}).sum(1);
  }
  const at::Tensor logits = at::linear(x, weights["tokens.weight"], weights["output_bias"]);
  EXPECT_LT(difference(model.forward({tokens, {}, {}})[0], logits), 2e-5);
}

TEST(ShaRnn, AttendsInTheSecondLastBlockOrInAll) {
  ShaRnnOptions options = small();
  ShaRnn one(options);
  EXPECT_EQ(one.attention_layers(), 1);
  EXPECT_TRUE(one.named_parameters().contains("blocks.1.query.weight"));
  EXPECT_FALSE(one.named_parameters().contains("blocks.2.query.weight"));
  const auto trace = one.trace({some_tokens(2, 5), {}, {}}, 0);
  EXPECT_EQ(trace.query.sizes(), at::IntArrayRef({2, 1, 5, 12}));
  EXPECT_THROW(one.trace({some_tokens(2, 5), {}, {}}, 1), c10::Error);
  options.attention = "all";
  EXPECT_EQ(ShaRnn(options).attention_layers(), 3);
  options.attention = "second_last";
  options.layers = 1;
  EXPECT_EQ(ShaRnn(options).attention_layers(), 1);
}

TEST(ShaRnn, RefusesSizesThatDoNotDivideAndPackedSegments) {
  ShaRnnOptions options = small();
  options.boom = 40;
  EXPECT_THROW(ShaRnn{options}, c10::Error);
  options = small();
  options.heads = 5;
  EXPECT_THROW(ShaRnn{options}, c10::Error);
  ShaRnn model(small());
  const at::Tensor tokens = some_tokens(1, 4);
  EXPECT_THROW(model.features({tokens, {}, at::zeros_like(tokens)}), c10::Error);
}

TEST(ShaRnn, FieldsNameEveryOptionOfTheConfig) {
  ShaRnnOptions options;
  const auto config = parse_toml(
      "hidden = 8\nboom = 16\nlayers = 2\nheads = 2\nattention = 'all'\ndropout = 0.3\nattention_dropout = "
      "0.2\n"
      "attention_backend = 'tiled'",
      "test");
  read_fields(config, "test", fields(options));
  EXPECT_EQ(options.boom, 16);
  EXPECT_EQ(options.attention, "all");
  EXPECT_EQ(options.attention_dropout, 0.2);
}

}  // namespace
}  // namespace heed::models
