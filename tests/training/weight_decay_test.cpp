// SPDX-License-Identifier: Apache-2.0
// Which tensors of heed's models are excluded from weight decay.
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <torch/nn/module.h>

#include "heed/models/registry.h"
#include "heed/nn/pixel_embedding.h"
#include "heed/training/optimizer.h"

namespace heed::training {
namespace {
using testing::AllOf;
using testing::Contains;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

/// Returns the names of the tensors with more than one dimension that do, or do not, decay.
std::set<std::string> matrices(const torch::nn::Module& module, bool decays) {
  std::set<std::string> names;
  for (const auto& parameter : trainable_parameters(module)) {
    if (parameter.value.dim() > 1 && parameter.decays == decays) names.insert(parameter.name);
  }
  return names;
}

std::shared_ptr<nn::PixelModel> image_model(const std::string& section) {
  toml::table table = toml::parse(section);
  return models::make_model<nn::PixelModel>(
      table, {.height = 8, .width = 8, .channels = 3, .classes = 4, .source_height = 4, .source_width = 4});
}

std::set<std::string> decayed_of_transformer(const std::string& position, std::set<std::string>& kept) {
  toml::table section = toml::parse(
      "kind = 'transformer'\nd_model = 16\nheads = 2\nlayers = 1\nd_ff = 16\nposition = '" + position + "'");
  const auto model = models::make_model<nn::SequenceModel>(section, {.target = 20});
  kept = matrices(*model, false);
  return matrices(*model, true);
}

TEST(WeightDecay, LeavesBiasesNormsAndEmbeddingsOfATransformerAlone) {
  toml::table section = toml::parse("kind = 'transformer'\nd_model = 16\nheads = 2\nlayers = 1\nd_ff = 16");
  const auto model = models::make_model<nn::SequenceModel>(section, {.target = 20});
  int64_t vectors = 0;
  for (const auto& parameter : trainable_parameters(*model)) {
    const bool vector = parameter.value.dim() <= 1,
               embedding = parameter.name.find("embedding") != std::string::npos;
    if (vector || embedding) EXPECT_FALSE(parameter.decays) << parameter.name;
    vectors += vector;
  }
  EXPECT_GE(vectors, 6) << "biases of the feed-forward layer, weight and bias of two norms";
  EXPECT_FALSE(matrices(*model, true).empty());
}

TEST(WeightDecay, LeavesRowsAndColumnsOfAConvolutionalImageModelAlone) {
  for (const char* section : {"kind = 'gated_pixel_cnn'\nwidth = 12\nlayers = 1\noutput_width = 16",
                              "kind = 'pixel_snail'\nwidth = 12\nblocks = 1"}) {
    const auto model = image_model(section);
    EXPECT_THAT(matrices(*model, false),
                IsSupersetOf({"context.rows", "context.columns", "context.classes.weight"}))
        << section;
    EXPECT_THAT(matrices(*model, true),
                AllOf(Contains("context.read.weight"), Not(Contains("context.rows"))));
  }
}

TEST(WeightDecay, LeavesEveryTableOfAPixelEmbeddingAlone) {
  const nn::PixelEmbedding embedding(nn::PixelEmbeddingOptions{
      .height = 4, .width = 4, .channels = 3, .position = "learned", .d_model = 8, .begin = true});
  EXPECT_THAT(matrices(*embedding, true), IsEmpty());
  EXPECT_EQ(matrices(*embedding, false).size(), 4u);
}

TEST(WeightDecay, LeavesRelationsAlone) {
  std::set<std::string> kept;
  for (const char* position : {"music", "shaw"}) {
    const auto decayed = decayed_of_transformer(position, kept);
    std::set<std::string> relations;
    for (const auto& name : kept)
      if (name.ends_with("relation_key") || name.ends_with("relation_value")) relations.insert(name);
    EXPECT_EQ(relations.size(), std::string(position) == "shaw" ? 2u : 1u) << position;
    EXPECT_GE(decayed.size(), 4u) << "products, the feed-forward layers and the output decay";
  }
}

TEST(WeightDecay, LeavesRelationsOfAnImageTransformerAlone) {
  const auto model = image_model(
      "kind = 'image_transformer'\nd_model = 16\nheads = 2\nlayers = 1\nd_ff = 16\nencoder_layers = 1\n"
      "attention = 'full'\nposition = 'none'\ndistance = true");
  for (const auto& name : matrices(*model, true)) EXPECT_EQ(name.find("relation"), std::string::npos) << name;
}

}  // namespace
}  // namespace heed::training
