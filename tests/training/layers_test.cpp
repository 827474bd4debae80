// SPDX-License-Identifier: Apache-2.0
#include "heed/training/layers.h"

#include "tests/core/expect_error.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>

#include "heed/core/error.h"

namespace heed::training {
namespace {
using ::testing::HasSubstr;

struct Stack : torch::nn::Module {
  Stack() {
    for (int i = 0; i < 3; ++i) layers->push_back(torch::nn::Linear(2, 2));
  }
  torch::nn::Embedding tokens = register_module("tokens", torch::nn::Embedding(4, 2));
  torch::nn::ModuleList layers = register_module("layers", torch::nn::ModuleList());
  torch::nn::Linear head = register_module("head", torch::nn::Linear(2, 2));
};

std::string trained(const torch::nn::Module& module) {
  std::string names;
  for (const auto& parameter : trainable_parameters(module)) names += parameter.name + " ";
  return names;
}

TEST(Layers, FreezeNamesEmbeddingsLayersAndBeginnings) {
  Stack model;
  freeze(model, {"embeddings", "layers:0-1"});
  EXPECT_EQ(trained(model), "layers.2.weight layers.2.bias head.weight head.bias ");
  Stack other;
  freeze(other, {"layers:2", "head"});
  EXPECT_EQ(trained(other), "tokens.weight layers.0.weight layers.0.bias layers.1.weight layers.1.bias ");
}

TEST(Layers, APartThatIsNotThereIsAnErrorWithThoseThereAre) {
  Stack model;
  try {
    freeze(model, {"encoder:0"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kConfig);
    EXPECT_THAT(error.what(),
                HasSubstr("the model has no part 'encoder:0'; there is embeddings, tokens.weight"));
    EXPECT_THAT(error.what(), HasSubstr("layers:0-2"));
  }
  EXPECT_THROW(freeze(model, {"layers:2-1"}), Error);
  EXPECT_THROW(freeze(model, {"embeddings", "layers:0-2", "head"}), Error);
}

TEST(Layers, RatesFallWithTheDepth) {
  Stack model;
  auto parameters = trainable_parameters(model);
  set_layer_rates(parameters, model, 0.5);
  const std::map<std::string, double> wanted{{"head.weight", 1},
                                             {"layers.2.weight", 0.5},
                                             {"layers.1.bias", 0.25},
                                             {"layers.0.weight", 0.125},
                                             {"tokens.weight", 0.0625}};
  for (const auto& parameter : parameters)
    if (wanted.count(parameter.name) > 0)
      EXPECT_EQ(parameter.rate, wanted.at(parameter.name)) << parameter.name;
}

TEST(Layers, AStepIsTheRateTimesAsLarge) {
  Stack slow, fast;
  for (Stack* model : {&slow, &fast}) {
    const at::NoGradGuard no_grad;
    for (auto& parameter : model->parameters()) parameter.fill_(1);
    for (auto& parameter : model->parameters()) parameter.mutable_grad() = at::ones_like(parameter);
  }
  auto parameters = trainable_parameters(slow);
  set_layer_rates(parameters, slow, 0.5);
  const TrainingOptions options;
  Adam(parameters, options).step(0.1);
  Adam(trainable_parameters(fast), options).step(0.1);
  const auto step = [](const at::Tensor& weight) { return 1 - weight.flatten()[0].item<double>(); };
  EXPECT_NEAR(step(slow.tokens->weight), step(fast.tokens->weight) * 0.0625, 1e-7);
  EXPECT_EQ(step(slow.head->weight), step(fast.head->weight));
}

}  // namespace
}  // namespace heed::training
