// SPDX-License-Identifier: Apache-2.0
#include "heed/models/awd_lstm.h"

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/utils.h>

#include "heed/core/config.h"

namespace heed::models {
namespace {

AwdLstmOptions small() {
  return {.vocabulary = 29, .embedding = 18, .hidden = 30, .layers = 3};
}

at::Tensor some_tokens(int64_t batch, int64_t length) {
  return at::randint(29, {batch, length}, at::kLong);
}

AwdLstmOptions without_dropout() {
  AwdLstmOptions options = small();
  options.word_dropout = options.input_dropout = options.hidden_dropout = options.output_dropout =
      options.weight_drop = 0;
  return options;
}

TEST(AwdLstm, TheLastLayerIsAsWideAsTiedEmbeddings) {
  AwdLstmOptions options = small();
  AwdLstm tied(options);
  EXPECT_EQ(tied.output_layer().weight.sizes(), at::IntArrayRef({29, 18}));
  EXPECT_TRUE(tied.output_layer().weight.is_same(tied.named_parameters()["tokens.weight"]));
  options.tie_embeddings = false;
  AwdLstm untied(options);
  EXPECT_EQ(untied.output_layer().weight.sizes(), at::IntArrayRef({29, 30}));
  EXPECT_EQ(untied.named_parameters()["layers.2.recurrent"].size(1), 30);
}

TEST(AwdLstm, EachKindOfDropoutMattersInTrainingAlone) {
  double AwdLstmOptions::*const kinds[] = {&AwdLstmOptions::word_dropout, &AwdLstmOptions::input_dropout,
                                           &AwdLstmOptions::hidden_dropout, &AwdLstmOptions::output_dropout,
                                           &AwdLstmOptions::weight_drop};
  torch::manual_seed(1);
  const at::Tensor tokens = some_tokens(2, 9);
  for (const auto kind : kinds) {
    AwdLstmOptions options = without_dropout();
    options.*kind = 0.4;
    torch::manual_seed(2);
    AwdLstm model(options);
    EXPECT_GT(difference(model.features({tokens, {}, {}}), model.features({tokens, {}, {}})), 1e-4);
    model.eval();
    EXPECT_TRUE(model.features({tokens, {}, {}}).equal(model.features({tokens, {}, {}})));
  }
}

TEST(AwdLstm, PenaltiesAreThePublishedMeansOfTheLastLayersOutputs) {
  torch::manual_seed(3);
  AwdLstmOptions options = without_dropout();
  options.activation_penalty = 3;
  options.slowness_penalty = 5;
  AwdLstm model(options);
  const at::Tensor outputs = model.features({some_tokens(2, 9), {}, {}});  // [batch, length, width]
  const at::Tensor change = outputs.narrow(1, 1, 8) - outputs.narrow(1, 0, 8);
  const double expected =
      3 * outputs.square().mean().item<double>() + 5 * change.square().mean().item<double>();
  EXPECT_NEAR(model.auxiliary_loss().item<double>(), expected, 1e-6);
  model.auxiliary_loss().backward();
  EXPECT_GT(model.named_parameters()["layers.0.recurrent"].grad().abs().sum().item<double>(), 0);
}

TEST(AwdLstm, HasNoPenaltyOutsideTrainingNorWhereBothWeightsAreZero) {
  AwdLstmOptions options = small();
  AwdLstm model(options);
  model.eval();
  model.features({some_tokens(1, 4), {}, {}});
  EXPECT_FALSE(model.auxiliary_loss().defined());
  options.activation_penalty = options.slowness_penalty = 0;
  AwdLstm free(options);
  free.features({some_tokens(1, 4), {}, {}});
  EXPECT_FALSE(free.auxiliary_loss().defined());
}

TEST(AwdLstm, RefusesPackedSegments) {
  AwdLstm model(small());
  const at::Tensor tokens = some_tokens(1, 4);
  EXPECT_THROW(model.features({tokens, {}, at::zeros_like(tokens)}), c10::Error);
}

TEST(AwdLstm, FieldsNameEveryOptionOfTheConfig) {
  AwdLstmOptions options;
  const auto config = parse_toml(
      "embedding = 7\nhidden = 8\nlayers = 2\nword_dropout = 0.1\ninput_dropout = 0.2\nhidden_dropout = 0.3\n"
      "output_dropout = 0.4\nweight_drop = 0.6\nactivation_penalty = 3\nslowness_penalty = 4\n"
      "tie_embeddings = false",
      "test");
  read_fields(config, "test", fields(options));
  EXPECT_EQ(options.hidden, 8);
  EXPECT_EQ(options.weight_drop, 0.6);
  EXPECT_EQ(options.slowness_penalty, 4);
  EXPECT_FALSE(options.tie_embeddings);
}

}  // namespace
}  // namespace heed::models
