// SPDX-License-Identifier: Apache-2.0
#include "heed/models/encoder_decoder_transformer.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/nn/functional/loss.h>
#include <torch/optim/adam.h>
#include <torch/utils.h>

#include "heed/nn/inference_scope.h"

namespace heed::models {
namespace {

using nn::AttentionPart;
using nn::Source;

EncoderDecoderTransformerOptions tiny() {
  EncoderDecoderTransformerOptions options;
  options.source_vocabulary = options.vocabulary = 19;
  options.d_model = 24;
  options.heads = 2;
  options.encoder_layers = options.decoder_layers = 2;
  options.d_ff = 40;
  options.max_length = 40;
  options.max_relative_distance = 4;
  return options;
}

/// Every way to know positions, place norms and share embeddings.
std::vector<EncoderDecoderTransformerOptions> variants() {
  std::vector<EncoderDecoderTransformerOptions> list;
  for (const char* position : {"sinusoidal", "learned", "shaw"}) {
    for (const char* norm : {"pre", "post"}) {
      for (const char* tie : {"none", "decoder", "all"}) {
        auto options = tiny();
        options.position = position;
        options.norm = norm;
        options.tie_embeddings = tie;
        list.push_back(options);
      }
    }
  }
  return list;
}

std::string name(const EncoderDecoderTransformerOptions& o) {
  return o.position + " " + o.norm + " " + o.tie_embeddings;
}

Source random_source(int64_t batch, int64_t length) {
  const at::Tensor lengths = at::randint(1, length + 1, {batch}, at::kLong);
  lengths[0].fill_(length);
  return {at::randint(19, {batch, length}, at::kLong), lengths};
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

/// Logits [batch, length, vocabulary] of feeding target token by token.
at::Tensor stepped(EncoderDecoderTransformer& model, const Source& source, const at::Tensor& target) {
  const auto state = model.start(source, 1, target.size(1));
  std::vector<at::Tensor> steps;
  for (int64_t t = 0; t < target.size(1); ++t) steps.push_back(model.step(target.select(1, t), *state));
  return at::stack(steps, 1);
}

TEST(EncoderDecoderTransformer, StepsGiveTheLogitsOfTheFullPass) {
  for (const auto& options : variants()) {
    torch::manual_seed(1);
    EncoderDecoderTransformer model(options);
    const nn::InferenceScope scope(model);
    const Source source = random_source(3, 7);
    const at::Tensor target = at::randint(19, {3, 9}, at::kLong);
    EXPECT_LT(difference(stepped(model, source, target), model.forward(source, target)), 2e-5)
        << name(options);
  }
}

TEST(EncoderDecoderTransformer, WhatStandsPastASentencesEndChangesNotOneBit) {
  for (const auto& options : variants()) {
    torch::manual_seed(2);
    EncoderDecoderTransformer model(options);
    const nn::InferenceScope scope(model);
    const Source source{at::randint(19, {1, 6}, at::kLong), at::tensor({int64_t{4}})};
    const Source cut{source.tokens.narrow(1, 0, 4), source.lengths};
    const at::Tensor target = at::randint(19, {1, 5}, at::kLong);
    EXPECT_TRUE(model.forward(source, target).equal(model.forward(cut, target))) << name(options);
    EXPECT_TRUE(stepped(model, source, target).equal(stepped(model, cut, target))) << name(options);
  }
}

TEST(EncoderDecoderTransformer, ASentencesBitsDoNotDependOnTheSentencesBesideIt) {
  for (const auto& options : variants()) {
    torch::manual_seed(3);
    EncoderDecoderTransformer model(options);
    const nn::InferenceScope scope(model);
    const nn::RowInvariantScope invariant;
    const Source source = random_source(9, 11);
    const at::Tensor target = at::randint(19, {9, 6}, at::kLong), together = stepped(model, source, target);
    for (int64_t i = 0; i < 9; ++i) {
      const at::Tensor length = source.lengths.narrow(0, i, 1);
      const Source alone{source.tokens.narrow(0, i, 1).narrow(1, 0, length.item<int64_t>()), length};
      EXPECT_TRUE(stepped(model, alone, target.narrow(0, i, 1))[0].equal(together[i]))
          << i << " " << name(options);
    }
  }
}

TEST(EncoderDecoderTransformer, TheFutureDoesNotMoveThePast) {
  torch::manual_seed(4);
  EncoderDecoderTransformer model(tiny());
  const nn::InferenceScope scope(model);
  const Source source = random_source(2, 5);
  const at::Tensor target = at::randint(19, {2, 6}, at::kLong), other = target.clone();
  other.narrow(1, 3, 3).copy_(at::randint(19, {2, 3}, at::kLong));
  const at::Tensor a = model.forward(source, target), b = model.forward(source, other);
  EXPECT_TRUE(a.narrow(1, 0, 3).equal(b.narrow(1, 0, 3)));
  EXPECT_GT(difference(a.narrow(1, 3, 3), b.narrow(1, 3, 3)), 1e-3);
}

TEST(EncoderDecoderTransformer, BeamsGoOnFromTheRowTheyAreMadeOfAndSentencesCanLeave) {
  for (const char* position : {"sinusoidal", "shaw"}) {
    auto options = tiny();
    options.position = position;
    torch::manual_seed(5);
    EncoderDecoderTransformer model(options);
    const nn::InferenceScope scope(model);
    const Source source = random_source(3, 6);
    const auto state = model.start(source, 2, 4);
    const auto tokens = [](std::vector<int64_t> list) { return at::tensor(list); };
    model.step(tokens({1, 1, 2, 2, 3, 3}), *state);
    model.step(tokens({4, 5, 6, 7, 8, 9}), *state);
    // The first sentence ends; the second swaps its beams; both beams of the third come from its second.
    state->reorder(tokens({1, 2}), tokens({3, 2, 5, 5}));
    EXPECT_EQ(state->sentences(), 2);
    EXPECT_EQ(state->length(), 2);
    const at::Tensor logits = model.step(tokens({10, 11, 12, 13}), *state);
    const at::Tensor targets = at::tensor({2, 7, 10, 2, 6, 11, 3, 9, 12, 3, 9, 13}, at::kLong).view({4, 3});
    const at::Tensor sentence = tokens({1, 1, 2, 2});
    const Source again{source.tokens.index_select(0, sentence), source.lengths.index_select(0, sentence)};
    EXPECT_LT(difference(logits, model.forward(again, targets).select(1, 2)), 2e-5) << position;
  }
}

TEST(EncoderDecoderTransformer, LearnsToReverse) {
  torch::manual_seed(6);
  auto options = tiny();
  options.dropout = 0;
  options.d_model = 32;
  EncoderDecoderTransformer model(options);
  torch::optim::Adam optimizer(model.parameters(), torch::optim::AdamOptions(3e-3));
  double loss = 0;
  for (int step = 0; step < 250; ++step) {
    const at::Tensor tokens = at::randint(2, 19, {32, 5}, at::kLong);
    const at::Tensor reversed = tokens.flip({1});
    const at::Tensor input = at::cat({at::ones({32, 1}, at::kLong), reversed.narrow(1, 0, 4)}, 1);
    const at::Tensor logits = model.forward({tokens, at::full({32}, 5, at::kLong)}, input);
    const at::Tensor nll = torch::nn::functional::cross_entropy(logits.flatten(0, 1), reversed.flatten());
    optimizer.zero_grad();
    nll.backward();
    optimizer.step();
    loss = nll.item<double>();
  }
  EXPECT_LT(loss, 0.5);  // guessing: ln 17 = 2.8
}

TEST(EncoderDecoderTransformer, HasTheParametersOfThePapersBaseModel) {
  EncoderDecoderTransformerOptions options;
  options.source_vocabulary = options.vocabulary = 37000;
  const EncoderDecoderTransformer model(options);
  // Table 3 of the paper: 65 million, with biases and norms 63.1 by these sizes.
  const int64_t attention = 4 * (512 * 512 + 512), feed_forward = 2 * 512 * 2048 + 2048 + 512, norm = 2 * 512;
  const int64_t encoder = 6 * (attention + feed_forward + 2 * norm);
  const int64_t decoder = 6 * (2 * attention + feed_forward + 3 * norm);
  EXPECT_EQ(nn::parameter_count(model), 37000 * 512 + encoder + decoder);
}

TEST(EncoderDecoderTransformer, ShowsWhatEachAttentionSees) {
  torch::manual_seed(7);
  EncoderDecoderTransformer model(tiny());
  const nn::InferenceScope scope(model);
  const Source source{at::randint(19, {1, 6}, at::kLong), at::tensor({int64_t{4}})};
  const at::Tensor target = at::randint(19, {1, 3}, at::kLong);
  for (const auto part : {AttentionPart::kEncoder, AttentionPart::kDecoder, AttentionPart::kCross}) {
    ASSERT_EQ(model.attention_layers(part), 2);
    const auto trace = model.trace(source, target, part, 1);
    const int64_t rows = part == AttentionPart::kEncoder ? 6 : 3,
                  keys = part == AttentionPart::kDecoder ? 3 : 6;
    EXPECT_EQ(trace.query.size(2), rows);
    EXPECT_EQ(trace.key.size(2), keys);
    const at::Tensor weights =
        attention::attention_weights(trace.query, trace.key, trace.spec, {0, 1}, {0, 1, 2});
    EXPECT_LT(difference(weights.sum(-1), at::ones({})), 1e-5);
    if (part != AttentionPart::kDecoder) {
      EXPECT_EQ(weights.narrow(-1, 4, 2).abs().max().item<double>(), 0);
    }
  }
  EXPECT_THROW(model.trace(source, target, AttentionPart::kCross, 2), c10::Error);
}

TEST(EncoderDecoderTransformer, SaysWhatDoesNotFit) {
  auto options = tiny();
  options.source_vocabulary = 7;
  EXPECT_THROW(EncoderDecoderTransformer{options}, c10::Error);
  options = tiny();
  options.position = "learned";
  options.max_length = 4;
  EncoderDecoderTransformer model(options);
  EXPECT_THROW(model.forward(random_source(1, 5), at::ones({1, 2}, at::kLong)), c10::Error);
}

}  // namespace
}  // namespace heed::models
