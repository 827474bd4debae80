// SPDX-License-Identifier: Apache-2.0
#include "heed/models/lstm.h"

#include <cmath>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace heed::models {
namespace {

/// The toys are too small to share: threads that wait for one another on a busy machine cost seconds.
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

TEST_P(LstmModel, StepsOfAnyCountEqualTheFullPass) {
  Lstm model(small(GetParam()));
  model.eval();
  const at::NoGradGuard no_grad;
  const at::Tensor tokens = some_tokens(3, 17);
  const at::Tensor full = model.forward({tokens, {}, {}});
  ASSERT_EQ(full.sizes(), (std::vector<int64_t>{3, 17, 29}));
  for (const std::vector<int64_t>& counts :
       {std::vector<int64_t>{17}, {5, 1, 1, 10}, std::vector<int64_t>(17, 1)}) {
    auto state = model.start(3, 20);
    int64_t done = 0;
    for (const int64_t count : counts) {
      const at::Tensor logits = model.step(tokens.narrow(1, done, count), *state);
      done += count;
      EXPECT_TRUE(at::allclose(logits, full.select(1, done - 1), kTolerance, kTolerance)) << "at " << done;
      EXPECT_EQ(state->length(), done);
    }
  }
}

TEST_P(LstmModel, FutureDoesNotMoveThePast) {
  Lstm model(small(GetParam()));
  model.eval();
  const at::NoGradGuard no_grad;
  const at::Tensor tokens = some_tokens(2, 13);
  at::Tensor changed = tokens.clone();
  changed.narrow(1, 9, 4).copy_((tokens.narrow(1, 9, 4) + 1).remainder(29));
  const at::Tensor a = model.forward({tokens, {}, {}}), b = model.forward({changed, {}, {}});
  EXPECT_TRUE(at::allclose(a.narrow(1, 0, 9), b.narrow(1, 0, 9), 0, kTolerance));
  EXPECT_FALSE(at::allclose(a.narrow(1, 9, 1), b.narrow(1, 9, 1), 0, 1e-3));
}

TEST_P(LstmModel, ReorderedRowsContinueAsTheRowsTheyCopy) {
  Lstm model(small(GetParam()));
  model.eval();
  const at::NoGradGuard no_grad;
  const at::Tensor tokens = some_tokens(3, 8), order = at::tensor({2, 0, 2, 2}, at::kLong);
  auto state = model.start(3, 8);
  model.step(tokens.narrow(1, 0, 7), *state);
  state->reorder(order);
  EXPECT_EQ(state->batch(), 4);
  const at::Tensor moved = tokens.index_select(0, order);
  const at::Tensor logits = model.step(moved.narrow(1, 7, 1), *state);
  EXPECT_TRUE(at::allclose(logits, model.forward({moved, {}, {}}).select(1, 7), kTolerance, kTolerance));
}

TEST_P(LstmModel, EveryParameterLearns) {
  Lstm model(small(GetParam()));
  model.forward({some_tokens(2, 11), {}, {}}).square().sum().backward();
  for (const auto& parameter : model.named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    EXPECT_GT(parameter.value().grad().abs().sum().item<double>(), 0) << parameter.key();
  }
}

TEST_P(LstmModel, RefusesPackedSegmentsAndTokensBeyondTheCapacity) {
  Lstm model(small(GetParam()));
  const at::Tensor tokens = some_tokens(1, 4);
  EXPECT_THROW(model.forward({tokens, {}, at::zeros_like(tokens)}), c10::Error);
  auto state = model.start(1, 3);
  EXPECT_THROW(model.step(tokens, *state), c10::Error);
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
