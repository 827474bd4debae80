// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/language_model_start.h"

#include "tests/core/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "heed/core/error.h"
#include "heed/models/registry.h"
#include "heed/nn/inference_scope.h"
#include "heed/training/run_folder.h"

namespace heed::tasks {
namespace {
using ::testing::Each;
using ::testing::HasSubstr;

toml::table language_model() {
  return toml::table{
      {"kind", "transformer"}, {"d_model", 16},    {"heads", 2},    {"layers", 2},          {"d_ff", 32},
      {"position", "learned"}, {"max_length", 12}, {"norm", "pre"}, {"activation", "gelu"}, {"dropout", 0.1},
      {"tie_embeddings", true}};
}

TEST(LanguageModelStart, EveryWeightOfTheLanguageModelIsUsedAndOnlyCrossAttentionIsNew) {
  const heed::TemporaryFolder folder;
  auto section = language_model();
  const auto base = models::make_model<nn::SequenceModel>(section, {0, 20});
  training::save_weights(*base, folder / "model.safetensors");
  auto wanted = encoder_decoder_section(section, "base");
  const auto model = models::make_model<nn::SequenceToSequenceModel>(wanted, {20, 20});
  const auto report = training::transfer_weights(*model, Safetensors::read(folder / "model.safetensors"),
                                                 encoder_decoder_transfer());
  EXPECT_TRUE(report.unused.empty());
  EXPECT_THAT(report.fresh, Each(HasSubstr("cross_attention")));
  EXPECT_EQ(report.fresh.size(), 2U * 8U);
  const auto parameters = model->named_parameters();
  const auto of_base = base->named_parameters();
  for (const char* stack : {"encoder", "decoder"})
    EXPECT_TRUE(
        at::equal(parameters[std::string(stack) + ".1.expand.weight"], of_base["layers.1.expand.weight"]));
  EXPECT_TRUE(at::equal(parameters["source_positions.weight"], of_base["positions.weight"]));
}

TEST(LanguageModelStart, WhatAnEncoderDecoderLacksIsAnError) {
  const auto failure = [](const char* field, const char* value) -> std::string {
    auto section = language_model();
    section.insert_or_assign(field, value);
    try {
      encoder_decoder_section(section, "models/base");
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kConfig);
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(failure("position", "music"),
            "models/base: an encoder-decoder can start from a language model with position = sinusoidal or "
            "learned; "
            "this one has music");
  EXPECT_THAT(failure("kind", "lstm"), HasSubstr("with kind = transformer; this one has lstm"));
}

}  // namespace
}  // namespace heed::tasks
