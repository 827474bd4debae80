// SPDX-License-Identifier: Apache-2.0
#include "heed/models/transformer.h"

#include "tests/core/expect_error.h"
#include <gtest/gtest.h>

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/tensor.h>

#include "heed/core/error.h"
#include "heed/models/registry.h"

namespace heed::models {
namespace {

TransformerOptions small(const std::string& position) {
  TransformerOptions options;
  options.vocabulary = 19;
  options.d_model = 16;
  options.heads = 2;
  options.layers = 2;
  options.d_ff = 24;
  options.max_length = 32;
  options.max_relative_distance = 6;
  options.position = position;
  return options;
}

Transformer make(const TransformerOptions& options) {
  at::manual_seed(7);
  Transformer model(options);
  model.to(at::kDouble);
  model.eval();
  return model;
}

at::Tensor random_tokens(int64_t batch, int64_t length) {
  return at::randint(0, 19, {batch, length}, at::kLong);
}

class EveryPosition : public testing::TestWithParam<std::string> {};

TEST_P(EveryPosition, PackedPiecesAreBlindToEachOther) {
  const at::NoGradGuard no_gradient;
  Transformer model = make(small(GetParam()));
  const at::Tensor a = random_tokens(1, 5), b = random_tokens(1, 7);
  nn::Sequence packed;
  packed.tokens = at::cat({a, b}, 1);
  packed.positions = at::cat({at::arange(5), at::arange(7)}).unsqueeze(0);
  packed.segments = at::tensor({0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1}, at::kLong).unsqueeze(0);
  const at::Tensor both = model.forward(packed);
  EXPECT_TRUE(at::allclose(both.narrow(1, 0, 5), model.forward({a, {}, {}}), 1e-9, 1e-9));
  EXPECT_TRUE(at::allclose(both.narrow(1, 5, 7), model.forward({b, {}, {}}), 1e-9, 1e-9));
}

INSTANTIATE_TEST_SUITE_P(Positions, EveryPosition,
                         testing::Values("none", "sinusoidal", "learned", "shaw", "music"));

class RelativePosition : public testing::TestWithParam<std::string> {};

TEST_P(RelativePosition, ShiftingPositionsChangesNothing) {
  const at::NoGradGuard no_gradient;
  Transformer model = make(small(GetParam()));
  const at::Tensor tokens = random_tokens(2, 9);
  const at::Tensor positions = at::arange(9).expand_as(tokens);
  EXPECT_TRUE(model.forward({tokens, positions, {}}).equal(model.forward({tokens, positions + 11, {}})));
}

INSTANTIATE_TEST_SUITE_P(Positions, RelativePosition, testing::Values("shaw", "music"));

TEST(Transformer, TiedEmbeddingsAreOneParameter) {
  TransformerOptions options = small("sinusoidal");
  const int64_t untied = nn::parameter_count(make(options));
  options.tie_embeddings = true;
  EXPECT_EQ(untied - nn::parameter_count(make(options)), 19 * 16 + 19);
}

at::Tensor parameter(const Transformer& model, const std::string& name) {
  return model.named_parameters()[name].detach();
}

TEST(Transformer, Gpt2InitialisationMakesResidualLayersSmaller) {
  TransformerOptions options = small("learned");
  options.d_model = 128;
  options.d_ff = 256;
  options.layers = 8;
  options.initialisation = "gpt2";
  const Transformer model = make(options);
  const auto deviation = [&](const std::string& name) { return parameter(model, name).std().item<double>(); };
  for (const char* name : {"tokens.weight", "positions.weight", "output.weight", "layers.3.expand.weight",
                           "layers.3.attention.query_key_value.weight"})
    EXPECT_NEAR(deviation(name), 0.02, 0.001) << name;
  for (const char* name : {"layers.3.attention.output.weight", "layers.7.contract.weight"})
    EXPECT_NEAR(deviation(name), 0.02 / 4, 0.0003) << name;
  EXPECT_EQ(parameter(model, "layers.0.expand.bias").abs().max().item<double>(), 0);
  EXPECT_TRUE(parameter(model, "norm.weight").equal(at::ones({128}, at::kDouble)));
}

TEST(Transformer, EmbeddingsAreScaledUnlessSwitchedOff) {
  const at::NoGradGuard no_gradient;
  TransformerOptions options = small("none");
  Transformer scaled = make(options);
  options.scale_embeddings = false;
  Transformer plain = make(options);
  plain.named_parameters()["tokens.weight"].mul_(4);  // the root of d_model
  const at::Tensor tokens = random_tokens(2, 7);
  EXPECT_TRUE(at::allclose(scaled.forward({tokens, {}, {}}), plain.forward({tokens, {}, {}}), 1e-12, 1e-12));
}

TEST(Transformer, AnOutputLayerWithoutBiasHasNone) {
  TransformerOptions options = small("learned");
  options.output_bias = false;
  EXPECT_FALSE(make(options).named_parameters().contains("output.bias"));
}

TEST(Transformer, DropoutsOfEmbeddingsAndActivationsFollowDropoutUnlessSet) {
  TransformerOptions options = small("learned");
  options.dropout = 0;
  const at::Tensor tokens = random_tokens(1, 9);
  const auto varies = [&](TransformerOptions each) {
    Transformer model = make(each);
    model.train();
    return !model.forward({tokens, {}, {}}).equal(model.forward({tokens, {}, {}}));
  };
  EXPECT_FALSE(varies(options));
  options.embedding_dropout = 0.5;
  EXPECT_TRUE(varies(options));
  options.embedding_dropout = 0;
  options.activation_dropout = 0.5;
  EXPECT_TRUE(varies(options));
}

TEST(Transformer, LearnedPositionsEndWithAnError) {
  Transformer model = make(small("learned"));
  EXPECT_THROW(model.forward({random_tokens(1, 33), {}, {}}), c10::Error);
  const at::NoGradGuard no_gradient;
  auto state = model.start(2, 40);
  model.step({random_tokens(1, 35)[0], {32, 3}}, *state);
  EXPECT_THROW(model.step({random_tokens(1, 2)[0], {}}, *state), c10::Error);
  EXPECT_EQ(model.max_length(), 32);
}

TEST(ModelRegistry, ResolvesTheSectionAndRefusesUnknownNames) {
  toml::table section{{"position", "shaw"}, {"d_model", 32}};
  const auto model = make_model<nn::SequenceModel>(section, {.target = 11});
  EXPECT_EQ(model->vocabulary_size(), 11);
  EXPECT_EQ(section["kind"].value_or(std::string()), "transformer");
  EXPECT_EQ(section["heads"].value_or(int64_t{0}), 4);
  toml::table wrong{{"kind", "transfomer"}};
  EXPECT_THAT(error_of(ErrorKind::kConfig, [&] { make_model<nn::SequenceModel>(wrong, {.target = 11}); }),
              ::testing::HasSubstr("unknown model kind 'transfomer'; did you mean 'transformer'?"));
  toml::table unknown{{"d_modle", 32}};
  EXPECT_THAT(error_of(ErrorKind::kConfig, [&] { make_model<nn::SequenceModel>(unknown, {.target = 11}); }),
              ::testing::HasSubstr("unknown key 'd_modle'; did you mean 'd_model'?"));
}

}  // namespace
}  // namespace heed::models
