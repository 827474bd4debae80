// SPDX-License-Identifier: Apache-2.0
#include "heed/training/lora.h"

#include "tests/core/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/nn/linear.h"
#include "heed/training/optimizer.h"
#include "heed/training/run_folder.h"
#include "heed/training/trainer.h"

namespace heed::training {
namespace {
using ::testing::HasSubstr;

struct Net : torch::nn::Module {
  nn::Linear attention = register_module("attention", nn::Linear(6, 5)),
             expand = register_module("expand", nn::Linear(5, 3));
  at::Tensor forward(const at::Tensor& x) { return expand->forward(attention->forward(x).tanh()); }
};

/// Regression onto fixed targets.
class NetObjective : public Objective {
 public:
  NetObjective() {
    at::manual_seed(3);
    model = std::make_shared<Net>();
    input = at::randn({40, 6});
    target = at::randn({40, 3});
  }
  torch::nn::Module& module() override { return *model; }
  Loss training_loss(int64_t /*index*/) override {
    return {(model->forward(input) - target).square().sum(), 40};
  }
  Validation validate() override {
    return {.metrics = {{"nll", (model->forward(input) - target).square().mean().item<double>()}},
            .count = 40};
  }
  int64_t indices_per_epoch() const override { return 1; }
  int64_t tokens_per_index() const override { return 40; }
  std::shared_ptr<Net> model;
  at::Tensor input, target;
};

const std::vector<std::string> kAll{"attention.weight", "attention.bias", "expand.weight", "expand.bias"};

TrainingOptions few_steps() {
  TrainingOptions options;
  options.steps = 12;
  options.schedule = "constant";
  options.warmup_steps = 0;
  options.learning_rate = 0.02;
  options.precision = "fp32";
  options.validate_every = options.checkpoint_every = 6;
  return options;
}

TEST(Lora, BeginsAsTheBaseToTheBit) {
  NetObjective plain;
  auto adapted = with_adapters(std::make_unique<NetObjective>(), {.rank = 2}, kAll, 1);
  EXPECT_EQ(adapted->training_loss(0).sum.item<double>(), plain.training_loss(0).sum.item<double>());
  EXPECT_EQ(adapted->validate().watched(), plain.validate().watched());
}

TEST(Lora, TrainsAndStoresAdaptersAndWhatTheBaseLacksAlone) {
  heed::TemporaryFolder folder;
  auto adapted = with_adapters(std::make_unique<NetObjective>(), {.rank = 2},
                               {"attention.weight", "attention.bias", "expand.weight"}, 1);
  std::vector<std::string> names;
  for (const auto& parameter : trainable_parameters(adapted->module())) names.push_back(parameter.name);
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("attention.lora_a", "attention.lora_b", "expand.bias"));
  save_weights(adapted->module(), folder.path() / "adapter.safetensors");
  EXPECT_EQ(Safetensors::read(folder.path() / "adapter.safetensors").tensors().size(), 3U);
}

TEST(Lora, MergedWeightsEqualTheAdapters) {
  heed::TemporaryFolder folder;
  const LoraOptions options{.rank = 2, .alpha = 4, .dropout = 0.2, .targets = {"attention", "expand"}};
  auto adapted = with_adapters(std::make_unique<NetObjective>(), options, kAll, 1);
  const auto& module = dynamic_cast<Net&>(adapted->module());
  const at::Tensor before = module.named_parameters()["attention.weight"].detach().clone();
  const auto result = train(*adapted, few_steps(), folder.path() / "run", {});
  EXPECT_LT(*result.best, *result.first);
  EXPECT_TRUE(at::equal(before, module.named_parameters()["attention.weight"]));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "run" / "model.safetensors"));

  NetObjective base;
  merge_adapters(*base.model, Safetensors::read(folder.path() / "run" / "adapter.safetensors"),
                 options.scale());
  EXPECT_NEAR(base.validate().watched(), *result.best, 1e-6);
  EXPECT_FALSE(has_adapters(*base.model));
}

TEST(Lora, ResumingIsBitExact) {
  heed::TemporaryFolder folder;
  const LoraOptions options{.rank = 2, .dropout = 0.3};
  const auto make = [&] { return with_adapters(std::make_unique<NetObjective>(), options, kAll, 1); };
  auto whole = make(), first = make(), second = make();
  train(*whole, few_steps(), folder.path() / "whole", {});
  auto half = few_steps();
  half.steps = 6;
  train(*first, half, folder.path() / "parts", {});
  train(*second, half, folder.path() / "parts", {.resume = true, .until_step = 12});
  const auto bytes = [&](const char* run) {
    return read_bytes(folder.path() / run / "checkpoints" / "step-12" / "model.safetensors");
  };
  EXPECT_EQ(bytes("whole"), bytes("parts"));
  EXPECT_EQ(Safetensors::parse(bytes("parts"), "weights").tensors().size(), 2U);  // the adapter alone
}

TEST(Lora, ATargetThatIsNotThereIsAnError) {
  try {
    with_adapters(std::make_unique<NetObjective>(), {.rank = 2, .targets = {"cross"}}, kAll, 1);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("has a name with cross; there is attention, expand"));
  }
}

TEST(Lora, AdaptersOfAnotherModelAreRefused) {
  heed::TemporaryFolder folder;
  auto adapted = with_adapters(std::make_unique<NetObjective>(), {.rank = 2}, kAll, 1);
  const auto file = folder.path() / "adapter.safetensors";
  save_weights(adapted->module(), file);
  torch::nn::Linear other(6, 5);
  try {
    merge_adapters(*other, Safetensors::read(file), 1);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kCheckpoint);
    EXPECT_THAT(error.what(), HasSubstr("does not fit the model: attention.lora_a"));
  }
}

}  // namespace
}  // namespace heed::training
