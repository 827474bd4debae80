// SPDX-License-Identifier: Apache-2.0
#include "heed/training/tensor_file.h"

#include "tests/core/expect_error.h"
#include "tests/core/peak_memory.h"
#include "toy_objective.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "heed/core/files.h"
#include "heed/training/checkpoint.h"
#include "heed/training/run_folder.h"

namespace heed::training {
namespace {
namespace fs = std::filesystem;
using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Lt;

constexpr int64_t kMiB = 1 << 20;

Safetensors stored(const TensorMap& tensors, const fs::path& file) {
  write_atomically(file, [&](FileWriter& writer) { write_tensors(writer, tensors); });
  return Safetensors::read(file);
}

TEST(TensorFile, ReadsIntoTensorsOfAnyDtypeAndLayoutWhateverStandsBefore) {
  const TemporaryFolder folder;
  const at::Tensor a = at::randn({3, 5});
  // One byte, then floats that are therefore not aligned, in name order.
  const auto file =
      stored({{"a", at::ones({1}, at::kByte)}, {"b", a}, {"c", at::arange(7)}}, folder / "t.safetensors");
  const at::Tensor same = at::empty({3, 5}), transposed = at::empty({5, 3}).t(),
                   twice = at::empty({3, 5}, at::kDouble);
  read_tensors(file, {{"b", same}});
  read_tensors(file, {{"b", transposed}, {"unknown", at::empty({1})}});
  read_tensors(file, {{"b", twice}});
  EXPECT_TRUE(at::equal(same, a));
  EXPECT_TRUE(at::equal(transposed, a));
  EXPECT_TRUE(at::equal(twice, a.to(at::kDouble)));
}

TEST(TensorFile, TheChecksumIsThatOfTheWholeFileWhateverIsRead) {
  const TemporaryFolder folder;
  const auto file = stored({{"a", at::randn({5})}, {"b", at::randn({0, 3})}, {"c", at::randn({7})}},
                           folder / "t.safetensors");
  for (const std::vector<std::string>& names :
       {std::vector<std::string>{}, {"a"}, {"c"}, {"a", "b", "c"}, {"b"}}) {
    TensorMap to;
    const TensorMap all = tensors_like(file);
    for (const auto& name : names) to[name] = all.at(name);
    Crc32c crc;
    read_tensors(file, to, &crc);
    EXPECT_EQ(crc.value(), crc32c(read_bytes(folder / "t.safetensors"))) << names.size();
  }
}

TEST(TensorFile, AnEmptyTensorInsideAnotherIsPassedOver) {
  const std::string header = R"({"a":{"dtype":"I32","shape":[2],"data_offsets":[0,8]},)"
                             R"("b":{"dtype":"I32","shape":[0],"data_offsets":[4,4]}})";
  const uint64_t size = header.size();
  const std::string text = std::string(reinterpret_cast<const char*>(&size), 8) + header + "abcdefgh";
  const auto bytes = std::as_bytes(std::span(text));
  const auto file = Safetensors::parse({bytes.begin(), bytes.end()}, "test");
  const TensorMap to = tensors_like(file);
  Crc32c crc;
  read_tensors(file, to, &crc);
  EXPECT_EQ(to.at("a")[1].item<int32_t>(), 0x68676665);
  EXPECT_EQ(crc.value(), crc32c(bytes));
}

TEST(TensorFile, NamesWhatIsLackingOrOfAnotherShape) {
  const TemporaryFolder folder;
  const auto file = stored({{"a", at::ones({2})}}, folder / "t.safetensors");
  require_tensors(file, {{"a", at::ones({2})}}, "the state");
  const auto refusal = [&](const TensorMap& wanted) {
    return error_of(ErrorKind::kCheckpoint, [&] { require_tensors(file, wanted, "the state"); });
  };
  EXPECT_THAT(refusal({{"b", at::ones({2})}}), AllOf(HasSubstr("t.safetensors"), HasSubstr("lacks 'b'")));
  EXPECT_THAT(refusal({{"a", at::ones({3})}}), HasSubstr("a different shape"));
}

/// A model of 64 MiB in 16 tensors.
struct LargeModel : torch::nn::Module {
  LargeModel() {
    for (char name = 'a'; name < 'a' + 16; ++name)
      register_parameter(std::string(1, name), at::rand({1024, 1024}).requires_grad_());
  }
};

/// A model with its training state: 64 MiB of weights, 128 of moments, 64 of the average.
struct LargeRun {
  LargeModel model;
  TrainingOptions options = toy_options();
  Adam optimizer{trainable_parameters(model), options};
  MovingAverage average{trainable_parameters(model), 0.5};
  TrainingState state;
  CheckpointParts parts() { return {model, optimizer, average, state, at::kCPU}; }
};

TEST(Checkpoint, SavingAndLoadingTakeNoSecondCopy) {
  const TemporaryFolder folder;
  LargeRun written, read;
  EXPECT_THAT(peak_growth([&] { save_checkpoint(folder / "run", written.parts()); }),
              AllOf(Ge(0), Lt(24 * kMiB)));
  EXPECT_THAT(peak_growth([&] { load_newest_checkpoint(folder / "run", read.parts()); }),
              AllOf(Ge(0), Lt(24 * kMiB)));
  ASSERT_TRUE(load_newest_checkpoint(folder / "run", read.parts()));
  EXPECT_TRUE(at::equal(written.model.parameters()[7], read.model.parameters()[7]));
}

TEST(Checkpoint, WeightsInBFloat16AreRoundedOneByOne) {
  const TemporaryFolder folder;
  LargeModel model;
  EXPECT_THAT(peak_growth([&] { save_weights(model, folder / "w.safetensors", WeightFormat::kBFloat16); }),
              AllOf(Ge(0), Lt(24 * kMiB)));
  EXPECT_THAT(peak_growth([&] { load_weights(model, folder / "w.safetensors"); }),
              AllOf(Ge(0), Lt(24 * kMiB)));
}

TEST(Checkpoint, TheStateOfAnotherModelIsRefused) {
  const TemporaryFolder folder;
  LargeRun written;
  save_checkpoint(folder / "run", written.parts());
  ToyObjective other;
  Adam optimizer(trainable_parameters(other.module()), toy_options());
  MovingAverage average(trainable_parameters(other.module()), 0);
  TrainingState state;
  const CheckpointParts parts{other.module(), optimizer, average, state, at::kCPU};
  EXPECT_THAT(error_of(ErrorKind::kCheckpoint, [&] { load_newest_checkpoint(folder / "run", parts); }),
              HasSubstr("do not fit the model"));
}

}  // namespace
}  // namespace heed::training
