// SPDX-License-Identifier: Apache-2.0
#include "heed/models/gpt2_options.h"

#include <set>

#include "tests/core/expect_error.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/config.h"
#include "heed/models/gpt2_names.h"

namespace heed::models {
namespace {
using nlohmann::json;
using testing::HasSubstr;

std::string text_of(TransformerOptions options) {
  return format_toml(write_fields(fields(options))) + std::to_string(options.vocabulary);
}

std::string refusal(const json& config) {
  return error_of(ErrorKind::kData, [&] { gpt2_options(config, "gpt2/config.json"); });
}

TEST(Gpt2Options, AnEmptyConfigIsGpt2Small) {
  TransformerOptions expected = gpt2_options();
  expected.embedding_dropout = 0.1;  // said in the config, and the same
  EXPECT_EQ(text_of(gpt2_options(json::object(), "config.json")), text_of(expected));
  EXPECT_EQ(expected.d_ff, 4 * expected.d_model);
}

TEST(Gpt2Options, WhatIsWrittenIsReadBack) {
  TransformerOptions options = gpt2_options();
  options.vocabulary = 61;
  options.d_model = 24;
  options.heads = 3;
  options.layers = 2;
  options.d_ff = 50;
  options.max_length = 40;
  options.activation = "gelu";
  options.dropout = 0.2;
  options.embedding_dropout = 0.05;
  options.attention_dropout = 0;
  options.norm_epsilon = 1e-6;
  options.tie_embeddings = false;
  const json config = gpt2_config(options, "run");
  EXPECT_EQ(text_of(gpt2_options(config, "config.json")), text_of(options));
}

TEST(Gpt2Options, NullsAreDefaults) {
  const auto options = gpt2_options(json{{"n_inner", nullptr}, {"n_embd", 48}, {"n_head", 3}}, "config.json");
  EXPECT_EQ(options.d_ff, 192);
}

TEST(Gpt2Options, SettingsThatChangeTheArithmeticAreRefusedByName) {
  EXPECT_THAT(refusal({{"scale_attn_by_inverse_layer_idx", true}}),
              HasSubstr("'scale_attn_by_inverse_layer_idx'"));
  EXPECT_THAT(refusal({{"scale_attn_weights", false}}), HasSubstr("'scale_attn_weights'"));
  EXPECT_THAT(refusal({{"reorder_and_upcast_attn", true}}), HasSubstr("'reorder_and_upcast_attn'"));
  EXPECT_THAT(refusal({{"add_cross_attention", true}}), HasSubstr("'add_cross_attention'"));
  EXPECT_THAT(refusal({{"activation_function", "silu"}}),
              HasSubstr("'activation_function' is silu; heed has gelu_new, gelu_pytorch_tanh, gelu, relu"));
  EXPECT_THAT(refusal({{"model_type", "gpt_neo"}}), HasSubstr("of type 'gpt_neo'"));
}

TEST(Gpt2Options, WrongValuesAreErrorsThatNameTheKey) {
  EXPECT_THAT(refusal({{"n_layer", -1}}),
              HasSubstr("'n_layer' must be a whole number of at least 1, got -1"));
  EXPECT_THAT(refusal({{"vocab_size", 1e30}}), HasSubstr("'vocab_size'"));
  EXPECT_THAT(refusal({{"n_embd", "768"}}), HasSubstr("'n_embd'"));
  EXPECT_THAT(refusal({{"attn_pdrop", 1.5}}), HasSubstr("'attn_pdrop'"));
  EXPECT_THAT(refusal({{"layer_norm_epsilon", 0}}), HasSubstr("'layer_norm_epsilon'"));
  EXPECT_THAT(refusal({{"tie_word_embeddings", 1}}), HasSubstr("'tie_word_embeddings'"));
  EXPECT_THAT(refusal({{"n_head", 5}}), HasSubstr("768 is not a multiple of the 5 attention heads"));
  EXPECT_THAT(refusal(json::array()), HasSubstr("gpt2/config.json: is not a JSON object"));
}

TEST(Gpt2Options, AModelThatIsNoGpt2CannotBeWritten) {
  const auto message = [](const std::function<void(TransformerOptions&)>& change) {
    TransformerOptions options = gpt2_options();
    change(options);
    return error_of(ErrorKind::kUsage, [&] { gpt2_config(options, "runs/mine"); });
  };
  EXPECT_THAT(message([](auto& options) { options.position = "music"; }),
              HasSubstr("model.position = \"learned\""));
  EXPECT_THAT(message([](auto& options) { options.norm = "post"; }), HasSubstr("model.norm = \"pre\""));
  EXPECT_THAT(message([](auto& options) { options.scale_embeddings = true; }),
              HasSubstr("model.scale_embeddings = false"));
  EXPECT_THAT(message([](auto& options) {
                options.tie_embeddings = false;
                options.output_bias = true;
              }),
              HasSubstr("model.output_bias = false"));
}

TEST(Gpt2Names, CoverEveryParameterOnce) {
  TransformerOptions options = gpt2_options();
  options.vocabulary = 7;
  options.d_model = 8;
  options.heads = 2;
  options.layers = 3;
  options.d_ff = 12;
  options.max_length = 5;
  const Transformer model(options);
  std::set<std::string> ours, theirs, gguf;
  for (const auto& name : gpt2_names(3)) {
    ours.insert(name.heed);
    theirs.insert(name.hugging_face);
    gguf.insert(name.gguf);
    EXPECT_FALSE(is_gpt2_mask(name.hugging_face)) << name.hugging_face;
  }
  std::set<std::string> parameters;
  for (const auto& parameter : model.named_parameters()) parameters.insert(parameter.key());
  EXPECT_EQ(ours, parameters);
  EXPECT_EQ(theirs.size(), ours.size());
  EXPECT_EQ(gguf.size(), ours.size());
  EXPECT_TRUE(is_gpt2_mask("transformer.h.11.attn.bias"));
  EXPECT_TRUE(is_gpt2_mask("h.0.attn.masked_bias"));
}

}  // namespace
}  // namespace heed::models
