// SPDX-License-Identifier: Apache-2.0
#include "heed/models/encoder_decoder_transformer.h"

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
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

Source random_source(int64_t batch, int64_t length) {
  const at::Tensor lengths = at::randint(1, length + 1, {batch}, at::kLong);
  lengths[0].fill_(length);
  return {at::randint(19, {batch, length}, at::kLong), lengths};
}

TEST(EncoderDecoderTransformer, HasTheParametersOfThePapersBaseModel) {
  EncoderDecoderTransformerOptions options;
  options.source_vocabulary = options.vocabulary = 37000;
  const EncoderDecoderTransformer model(options);
  // Table 3 of the paper: 65 million; by these sizes, with biases and norms, 63.1.
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

/// How far the keys of two positions with the same word differ in the encoder's second layer, when the first
/// attends to all positions alike.
double difference_of_positions(bool residual, const std::string& timing) {
  torch::manual_seed(7);
  auto options = tiny();
  options.residual = residual;
  options.timing = timing;
  EncoderDecoderTransformer model(options);
  const nn::InferenceScope scope(model);
  for (auto& parameter : model.named_parameters()) {
    if (parameter.key().starts_with("encoder.0.attention.query_key_value"))
      parameter.value().narrow(0, 0, options.d_model).zero_();
  }
  const Source source{at::full({1, 4}, 3, at::kLong), at::tensor({int64_t{4}})};
  const at::Tensor target = at::ones({1, 1}, at::kLong);
  const at::Tensor key = model.trace(source, target, AttentionPart::kEncoder, 1).key;
  return difference(key.narrow(2, 0, 1), key.narrow(2, 1, 1));
}

TEST(EncoderDecoderTransformer, WithoutResidualsUniformAttentionLosesThePositionAndTimingBringsItBack) {
  EXPECT_GT(difference_of_positions(true, "input"), 0.1);
  EXPECT_LT(difference_of_positions(false, "input"), 1e-5);
  EXPECT_GT(difference_of_positions(false, "every_layer"), 0.1);
}

TEST(EncoderDecoderTransformer, SaysWhatDoesNotFit) {
  auto options = tiny();
  options.source_vocabulary = 7;
  EXPECT_THROW(EncoderDecoderTransformer{options}, c10::Error);
  options = tiny();
  options.position = "shaw";
  options.timing = "every_layer";
  EXPECT_THROW(EncoderDecoderTransformer{options}, c10::Error);
  options = tiny();
  options.position = "learned";
  options.max_length = 4;
  EncoderDecoderTransformer model(options);
  EXPECT_THROW(model.forward(random_source(1, 5), at::ones({1, 2}, at::kLong)), c10::Error);
}

}  // namespace
}  // namespace heed::models
