// SPDX-License-Identifier: Apache-2.0
#include "heed/training/best_weights.h"

#include "toy_objective.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "heed/training/run_folder.h"

namespace heed::training {
namespace {

double first_weight(const std::filesystem::path& file) {
  ToyModel model(0);
  load_weights(model, file);
  return model.output->bias[0].item<double>();
}

TEST(BestWeights, WritesTheFirstAtOnceAndTheLastInTheEnd) {
  const TemporaryFolder folder;
  const auto file = folder / "model.safetensors";
  ToyModel model(0);
  BestWeights best(model, file);
  const at::NoGradGuard no_grad;
  for (int i = 0; i < 50; ++i) {
    model.output->bias.fill_(i);
    best.keep();
    if (i == 0) EXPECT_EQ(first_weight(file), 0);
  }
  model.output->bias.fill_(-1);  // not the best
  best.flush();
  EXPECT_EQ(first_weight(file), 49);
}

TEST(BestWeights, NothingThatWaitsIsNothingToWrite) {
  const TemporaryFolder folder;
  ToyModel model(0);
  BestWeights best(model, folder / "model.safetensors");
  best.flush();
  EXPECT_FALSE(std::filesystem::exists(folder / "model.safetensors"));
}

}  // namespace
}  // namespace heed::training
