// SPDX-License-Identifier: Apache-2.0
#include "heed/models/lstm.h"

#include <cmath>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/core/config.h"

namespace heed::models {
namespace {

/// One thread: the toys are too small to share, and threads that wait for each other on a busy machine cost
/// seconds.
class OneThread : public ::testing::Environment {
  void SetUp() override { at::set_num_threads(1); }
};
const auto* const one_thread = ::testing::AddGlobalTestEnvironment(new OneThread);

constexpr double kTolerance = 1e-5;  // float32, widths below 50

LstmOptions small(bool attention) {
  return {.vocabulary = 29,
          .embedding = 18,
          .hidden = 30,
          .layers = 2,
          .dropout = 0.3,
          .attention = attention,
          .attention_heads = 5};
}

at::Tensor some_tokens(int64_t batch, int64_t length) {
  return at::randint(29, {batch, length}, at::kLong);
}

class LstmModel : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override { torch::manual_seed(3); }
};

TEST_P(LstmModel, RefusesPackedSegments) {
  Lstm model(small(GetParam()));
  const at::Tensor tokens = some_tokens(1, 4);
  EXPECT_THROW(model.forward({tokens, {}, at::zeros_like(tokens)}), c10::Error);
}

INSTANTIATE_TEST_SUITE_P(Attention, LstmModel, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "with" : "without"; });

TEST(Lstm, AttentionEqualsTheEquationWrittenOut) {
  torch::manual_seed(4);
  auto options = small(true);
  options.attention_heads = 1;
  Lstm model(options);
  model.eval();
  const at::NoGradGuard no_grad;
  const at::Tensor tokens = some_tokens(1, 9);
  const auto trace = model.trace({tokens, {}, {}}, 0);
  const at::Tensor query = trace.query[0][0], outputs = trace.key[0][0];  // [length, hidden]
  const auto weights = model.named_parameters();
  const at::Tensor raw = outputs.matmul(weights["query.weight"].t());
  EXPECT_TRUE(at::allclose(query, raw, kTolerance, kTolerance));
  at::Tensor expected = at::empty({9, 29});
  for (int64_t t = 0; t < 9; ++t) {
    const at::Tensor past = outputs.narrow(0, 0, t + 1);
    const at::Tensor context = past.matmul(raw[t]).div(std::sqrt(30.0)).softmax(0).matmul(past);
    const at::Tensor joined = at::cat({context, outputs[t]});
    const at::Tensor hidden = at::linear(joined, weights["combine.weight"], weights["combine.bias"]).tanh();
    expected[t].copy_(at::linear(hidden, weights["output.weight"], weights["output.bias"]));
  }
  EXPECT_TRUE(at::allclose(model.forward({tokens, {}, {}})[0], expected, kTolerance, kTolerance));
}

TEST(Lstm, KernelsGiveLibtorchsOutputsAndGradients) {
  torch::manual_seed(5);
  auto options = small(false);
  options.dropout = 0;
  Lstm model(options), exact(options);
  {
    const at::NoGradGuard no_grad;
    auto to = exact.named_parameters();
    for (const auto& parameter : model.named_parameters()) to[parameter.key()].copy_(parameter.value());
  }
  exact.to(at::kDouble);  // there are kernels for float32 alone
  const at::Tensor tokens = some_tokens(3, 9);
  const at::Tensor found = model.forward({tokens, {}, {}}), expected = exact.forward({tokens, {}, {}});
  EXPECT_LT((found - expected).abs().max().item<double>(), kTolerance);
  found.logsumexp(-1).sum().backward();
  expected.logsumexp(-1).sum().backward();
  auto theirs = exact.named_parameters();
  for (const auto& parameter : model.named_parameters()) {
    const at::Tensor gap = parameter.value().grad() - theirs[parameter.key()].grad();
    EXPECT_LT(gap.abs().max().item<double>(), 1e-4) << parameter.key();
  }
}

TEST(Lstm, TiedEmbeddingsShareOneParameterAndNeedOneWidth) {
  auto options = small(false);
  options.tie_embeddings = true;
  EXPECT_THROW(Lstm{options}, c10::Error);
  options.embedding = options.hidden;
  Lstm tied(options);
  options.tie_embeddings = false;
  Lstm untied(options);
  EXPECT_EQ(nn::parameter_count(untied) - nn::parameter_count(tied), 29 * 30 + 29);
}

TEST(Lstm, FieldsNameEveryOptionOfTheConfig) {
  LstmOptions options;
  const auto config = parse_toml(
      "embedding = 7\nhidden = 8\nlayers = 2\ndropout = 0.5\nattention = true\nattention_heads = 4\n"
      "tie_embeddings = true",
      "test");
  read_fields(config, "test", fields(options));
  EXPECT_EQ(options.hidden, 8);
  EXPECT_EQ(options.attention_heads, 4);
  EXPECT_TRUE(options.attention && options.tie_embeddings);
}

}  // namespace
}  // namespace heed::models
