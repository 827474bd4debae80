// SPDX-License-Identifier: Apache-2.0
#include "heed/training/run_folder.h"

#include "tests/core/expect_error.h"
#include "toy_objective.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/training/average.h"
#include "heed/training/checkpoint.h"
#include "heed/training/trainer.h"

namespace heed::training {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(RunFolder, WeightsComeBackBitForBit) {
  const TemporaryFolder folder;
  ToyModel written(0), read(0);
  save_weights(written, folder / "w.safetensors");
  load_weights(read, folder / "w.safetensors");
  for (const auto& item : written.named_parameters()) {
    EXPECT_TRUE(at::equal(item.value(), read.named_parameters()[item.key()])) << item.key();
  }
}

TEST(RunFolder, BFloat16RoundsToNearestAndLoadsAsFloat) {
  const TemporaryFolder folder;
  ToyModel written(0), read(0);
  save_weights(written, folder / "w.safetensors", WeightFormat::kBFloat16);
  load_weights(read, folder / "w.safetensors");
  for (const auto& item : written.named_parameters()) {
    const at::Tensor got = read.named_parameters()[item.key()];
    EXPECT_EQ(got.scalar_type(), at::kFloat);
    EXPECT_TRUE(at::equal(item.value().to(at::kBFloat16).to(at::kFloat), got)) << item.key();
  }
}

TEST(RunFolder, EveryDtypeAndEmptyShapesSurviveTheirFile) {
  for (const auto dtype : {at::kBool, at::kByte, at::kChar, at::kShort, at::kInt, at::kLong, at::kHalf,
                           at::kBFloat16, at::kFloat, at::kDouble}) {
    for (const at::Tensor& tensor :
         {at::arange(6).reshape({2, 3}).to(dtype), at::ones({}, dtype), at::ones({0, 5}, dtype)}) {
      const auto bytes = format_safetensors({{"t", view_tensor(tensor)}});
      const auto file = Safetensors::parse(bytes, "test");
      const at::Tensor got = to_tensor(file.at("t"));
      EXPECT_EQ(got.scalar_type(), dtype);
      EXPECT_TRUE(at::equal(got, tensor));
    }
  }
}

struct OtherModel : torch::nn::Module {
  OtherModel() {
    register_module("embedding", torch::nn::Embedding(11, 16));
    register_module("hidden", torch::nn::Linear(16, 65));
    register_parameter("extra", at::ones({1}));
  }
};

TEST(RunFolder, LoadingNamesMissingExtraAndMisshapenTensors) {
  const TemporaryFolder folder;
  save_weights(ToyModel(0), folder / "w.safetensors");
  OtherModel other;
  try {
    load_weights(other, folder / "w.safetensors");
    FAIL() << "loaded weights of another model";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kCheckpoint);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("missing: extra"), HasSubstr("norm.weight"),
                                    HasSubstr("hidden.weight is [64, 16] where the model has [65, 16]")));
  }
}

struct TiedModel : torch::nn::Module {
  TiedModel() {
    const at::Tensor weight = at::randn({3, 2}).requires_grad_();
    register_parameter("first", weight);
    register_parameter("second", weight);
  }
};

TEST(RunFolder, ATiedWeightIsStoredOnceAndLoadsUnderEitherName) {
  const TemporaryFolder folder;
  TiedModel written, read;
  save_weights(written, folder / "w.safetensors");
  EXPECT_EQ(Safetensors::read(folder / "w.safetensors").tensors().size(), 1u);
  load_weights(read, folder / "w.safetensors");
  EXPECT_TRUE(at::equal(written.named_parameters()["second"], read.named_parameters()["second"]));
}

TEST(RunFolder, ATruncatedFileIsACheckpointError) {
  const TemporaryFolder folder;
  ToyModel model(0);
  save_weights(model, folder / "w.safetensors");
  std::filesystem::resize_file(folder / "w.safetensors", 1000);
  EXPECT_THAT(error_of(ErrorKind::kCheckpoint, [&] { load_weights(model, folder / "w.safetensors"); }),
              HasSubstr("w.safetensors: not a valid safetensors file"));
}

TEST(AverageCheckpoints, IsTheMeanOfTheNewestAndKeepsTheRunsFiles) {
  const TemporaryFolder folder;
  ToyObjective objective;
  auto options = toy_options(12);
  options.keep_checkpoints = 9;
  train(objective, options, folder / "run");
  EXPECT_EQ(average_checkpoints({folder / "run"}, 3, folder / "mean"), 3);
  at::Tensor sum = at::zeros({64, 16}, at::kDouble);
  for (const int64_t step : {4, 8, 12}) {
    const auto file = Safetensors::read(checkpoint_folder(folder / "run", step) / "model.safetensors");
    sum += to_tensor(file.at("hidden.weight"));
  }
  load_weights(objective.module(), folder / "mean/model.safetensors");
  EXPECT_TRUE(at::equal(objective.model->hidden->weight, (sum / 3).to(at::kFloat)));
  EXPECT_EQ(read_text(folder / "mean/vocabulary.txt"), "0 to 10\n");
  EXPECT_FALSE(std::filesystem::exists(folder / "mean/metrics.jsonl"));
  EXPECT_EQ(average_checkpoints({folder / "run"}, 100, folder / "all"), 3)
      << "takes what there is, but for step 0";
  EXPECT_THAT(
      error_of(ErrorKind::kCheckpoint, [&] { average_checkpoints({folder / "mean"}, 2, folder / "none"); }),
      HasSubstr("mean: has no checkpoint to average"));
}

TEST(AverageCheckpoints, EndsAtTheStepThatIsNamed) {
  const TemporaryFolder folder;
  ToyObjective objective;
  auto options = toy_options(12);
  options.keep_checkpoints = 9;
  train(objective, options, folder / "run");
  EXPECT_EQ(average_checkpoints({folder / "run"}, 1, folder / "early", 11), 1);
  const auto step = Safetensors::read(checkpoint_folder(folder / "run", 8) / "model.safetensors"),
             early = Safetensors::read(folder / "early/model.safetensors");
  EXPECT_TRUE(at::equal(to_tensor(early.at("hidden.weight")), to_tensor(step.at("hidden.weight"))));
  EXPECT_EQ(average_checkpoints({folder / "run"}, 9, folder / "two", 4), 1)
      << "step 4: nothing has trained 0";
  EXPECT_EQ(average_checkpoints({folder / "run"}, 9, folder / "none", 3), 1) << "but there is no other";
}

TEST(AverageCheckpoints, OfSeveralRunsTakesTheNewestOfEach) {
  const TemporaryFolder folder;
  at::Tensor sum = at::zeros({64, 16}, at::kDouble);
  for (const char* run : {"a", "b", "c"}) {
    ToyObjective objective;
    auto options = toy_options(12);
    options.learning_rate *= 1 + run[0] - 'a';
    train(objective, options, folder / run);
    write_atomically(folder / run / "vocabulary.model", "pieces");
    for (const int64_t step : {8, 12}) {
      const auto file = Safetensors::read(checkpoint_folder(folder / run, step) / "model.safetensors");
      sum += to_tensor(file.at("hidden.weight"));
    }
  }
  EXPECT_EQ(average_checkpoints({folder / "a", folder / "b", folder / "c"}, 2, folder / "mean"), 6);
  const auto mean = Safetensors::read(folder / "mean/model.safetensors");
  EXPECT_TRUE(at::equal(to_tensor(mean.at("hidden.weight")), (sum / 6).to(at::kFloat)));
  EXPECT_EQ(read_text(folder / "mean/vocabulary.model"), "pieces");

  write_atomically(folder / "c/vocabulary.model", "others");
  EXPECT_THAT(error_of(ErrorKind::kCheckpoint,
                       [&] {
                         average_checkpoints({folder / "a", folder / "c"}, 1, folder / "none");
                       }),
              HasSubstr("average only models with the same vocabulary"));
  std::filesystem::remove(folder / "c/vocabulary.model");
  EXPECT_THAT(error_of(ErrorKind::kCheckpoint,
                       [&] {
                         average_checkpoints({folder / "a", folder / "c"}, 1, folder / "none");
                       }),
              HasSubstr("average only models with the same vocabulary"));
  EXPECT_FALSE(std::filesystem::exists(folder / "none"));
}

}  // namespace
}  // namespace heed::training
