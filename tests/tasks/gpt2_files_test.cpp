// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/gpt2_files.h"

#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "heed/core/files.h"
#include "heed/models/gpt2_options.h"
#include "heed/training/tensor_file.h"

namespace heed::tasks {
namespace {
using models::Transformer;
using models::TransformerOptions;
using testing::HasSubstr;
using training::TensorMap;

TransformerOptions small() {
  TransformerOptions options = models::gpt2_options();
  options.vocabulary = 23;
  options.d_model = 12;
  options.heads = 3;
  options.layers = 2;
  options.d_ff = 20;
  options.max_length = 9;
  return options;
}

Transformer random_model(const TransformerOptions& options) {
  Transformer model(options);
  const at::NoGradGuard no_grad;
  for (auto& parameter : model.parameters()) parameter.normal_();
  return model;
}

void expect_equal(const Transformer& found, const Transformer& expected) {
  ASSERT_EQ(found.named_parameters().size(), expected.named_parameters().size());
  for (const auto& parameter : expected.named_parameters())
    EXPECT_TRUE(found.named_parameters()[parameter.key()].equal(parameter.value())) << parameter.key();
}

class Gpt2Folder : public testing::Test {
 protected:
  /// Changes the tensors of the folder's file.
  template <class Change>
  void rewrite(const Change& change) {
    TensorMap tensors;
    {
      const auto file = Safetensors::read(folder / "model.safetensors");
      for (const auto& [name, view] : file.tensors()) tensors[name] = training::to_tensor(view);
    }
    change(tensors);
    write_atomically(folder / "model.safetensors",
                     [&](FileWriter& writer) { training::write_tensors(writer, tensors); });
  }
  std::string refusal(ErrorKind kind = ErrorKind::kCheckpoint) {
    return error_of(kind, [&] { read_gpt2_folder(folder.path()); });
  }

  TemporaryFolder folder;
};

TEST_F(Gpt2Folder, WhatIsWrittenIsReadBack) {
  for (const bool tied : {true, false}) {
    TransformerOptions options = small();
    options.tie_embeddings = tied;
    const Transformer model = random_model(options);
    write_gpt2_folder(model, folder.path(), {.place = "model", .end_of_text = 22});
    const auto again = read_gpt2_folder(folder.path());
    EXPECT_EQ(again->options().tie_embeddings, tied);
    expect_equal(*again, model);
  }
}

TEST_F(Gpt2Folder, LinearLayersAreStoredInByOut) {
  const Transformer model = random_model(small());
  write_gpt2_folder(model, folder.path(), {.place = "model"});
  const auto file = Safetensors::read(folder / "model.safetensors");
  EXPECT_THAT(file.at("transformer.h.1.mlp.c_fc.weight").shape, testing::ElementsAre(12, 20));
  EXPECT_THAT(file.at("transformer.h.1.attn.c_attn.weight").shape, testing::ElementsAre(12, 36));
  EXPECT_FALSE(file.contains("lm_head.weight"));
}

TEST_F(Gpt2Folder, TheFormWithoutPrefixAndWithMasksIsRead) {
  const Transformer model = random_model(small());
  write_gpt2_folder(model, folder.path(), {.place = "model"});
  rewrite([](TensorMap& tensors) {
    TensorMap published{{"h.0.attn.bias", at::ones({1, 1, 9, 9}, at::kBool)},
                        {"h.1.attn.masked_bias", at::tensor(-1e4)}};
    for (const auto& [name, tensor] : tensors)
      published[name.substr(std::string("transformer.").size())] = tensor;
    tensors = published;
  });
  expect_equal(*read_gpt2_folder(folder.path()), model);
}

TEST_F(Gpt2Folder, LayersOfOutByInAreReadAsTheyAre) {
  const Transformer model = random_model(small());
  write_gpt2_folder(model, folder.path(), {.place = "model"});
  rewrite([](TensorMap& tensors) {
    for (auto& [name, tensor] : tensors)
      if (name.ends_with(".weight") && name.find(".c_") != std::string::npos)
        tensor = tensor.t().contiguous();
  });
  expect_equal(*read_gpt2_folder(folder.path()), model);
}

TEST_F(Gpt2Folder, WeightsThatDoNotFitAreNamed) {
  write_gpt2_folder(random_model(small()), folder.path(), {.place = "model"});
  rewrite([](TensorMap& tensors) {
    tensors.erase("transformer.ln_f.bias");
    tensors["transformer.h.2.ln_1.bias"] = at::ones({12});
    tensors["transformer.wpe.weight"] = at::ones({8, 12});
  });
  const std::string message = refusal();
  EXPECT_THAT(message, HasSubstr("missing: transformer.ln_f.bias"));
  EXPECT_THAT(message, HasSubstr("extra: transformer.h.2.ln_1.bias"));
  EXPECT_THAT(message, HasSubstr("misshapen: transformer.wpe.weight is [8, 12] where the model has [9, 12]"));
}

TEST_F(Gpt2Folder, OtherDtypesAndOtherModelsAreRefused) {
  write_gpt2_folder(random_model(small()), folder.path(), {.place = "model"});
  rewrite([](TensorMap& tensors) { tensors["transformer.ln_f.bias"] = at::ones({12}, at::kDouble); });
  EXPECT_THAT(refusal(), HasSubstr("'transformer.ln_f.bias' is F64; heed reads F32, F16 and BF16"));
  rewrite([](TensorMap& tensors) { tensors.erase("transformer.wte.weight"); });
  EXPECT_THAT(refusal(), HasSubstr("is it a GPT-2?"));
}

TEST_F(Gpt2Folder, MissingFilesSayWhatToDo) {
  EXPECT_THAT(refusal(ErrorKind::kData), HasSubstr("has no config.json"));
  write_atomically(folder / "config.json", std::string_view("{}"));
  EXPECT_THAT(refusal(ErrorKind::kData), HasSubstr("save_pretrained"));
}

}  // namespace
}  // namespace heed::tasks
