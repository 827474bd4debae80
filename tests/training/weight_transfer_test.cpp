// SPDX-License-Identifier: Apache-2.0
#include "heed/training/weight_transfer.h"

#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>

#include "heed/core/error.h"
#include "heed/training/run_folder.h"

namespace heed::training {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Base : torch::nn::Module {
  explicit Base(int64_t rows, int64_t width = 3)
      : tokens(register_module("tokens", torch::nn::Embedding(rows, width))),
        layer(register_module("layer", torch::nn::Linear(width, 4))) {}
  torch::nn::Embedding tokens;
  torch::nn::Linear layer;
};

/// A base below a head, and a second layer to fill from the first.
struct Larger : torch::nn::Module {
  explicit Larger(int64_t rows)
      : trunk(register_module("trunk", std::make_shared<Base>(rows))),
        head(register_module("head", torch::nn::Linear(4, 2))) {}
  std::shared_ptr<Base> trunk;
  torch::nn::Linear head;
};

class WeightTransferTest : public ::testing::Test {
 protected:
  Safetensors stored(const torch::nn::Module& module) {
    save_weights(module, folder_.path() / "model.safetensors");
    return Safetensors::read(folder_.path() / "model.safetensors");
  }
  heed::TemporaryFolder folder_;
};

std::string failure(torch::nn::Module& module, const Safetensors& file, const WeightTransfer& transfer = {}) {
  try {
    transfer_weights(module, file, transfer);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kCheckpoint);
    return error.what();
  }
  return "no error";
}

TEST_F(WeightTransferTest, TheSameModelGetsEveryBit) {
  Base from(5), to(5);
  const auto report = transfer_weights(to, stored(from));
  EXPECT_TRUE(at::equal(from.tokens->weight, to.tokens->weight));
  EXPECT_TRUE(at::equal(from.layer->bias, to.layer->bias));
  EXPECT_EQ(report.text(), "3 tensors loaded");
}

TEST_F(WeightTransferTest, ACompleteTransferLeavesNothingOut) {
  Base from(5), other(6);
  Larger larger(5);
  EXPECT_THAT(failure(other, stored(from)),
              HasSubstr("misshapen: tokens.weight is [5, 3] where the model has [6, 3]"));
  EXPECT_THAT(failure(larger, stored(from)), HasSubstr("missing: head.bias"));
}

TEST_F(WeightTransferTest, RulesRenameAndReportWhatIsNew) {
  Base from(5);
  Larger to(5);
  const at::Tensor head = to.head->weight.detach().clone();
  const auto report = transfer_weights(to, stored(from), {.rules = {{"", "trunk."}}, .complete = false});
  EXPECT_TRUE(at::equal(from.layer->weight, to.trunk->layer->weight));
  EXPECT_TRUE(at::equal(head, to.head->weight));
  EXPECT_THAT(report.fresh, ElementsAre("head.bias", "head.weight"));
  EXPECT_THAT(report.unused, IsEmpty());
}

TEST_F(WeightTransferTest, SeveralRulesFillSeveralTensors) {
  Base from(5);
  struct Two : torch::nn::Module {
    torch::nn::Linear encoder = register_module("encoder", torch::nn::Linear(3, 4)),
                      decoder = register_module("decoder", torch::nn::Linear(3, 4));
  } to;
  const auto report = transfer_weights(
      to, stored(from), {.rules = {{"layer.", "encoder."}, {"layer.", "decoder."}}, .complete = false});
  EXPECT_TRUE(at::equal(to.encoder->weight, from.layer->weight));
  EXPECT_TRUE(at::equal(to.decoder->weight, from.layer->weight));
  EXPECT_THAT(report.unused, ElementsAre("tokens.weight"));
}

TEST_F(WeightTransferTest, OldRowsComeFirstAndNewOnesLookLikeThem) {
  Base from(2000), to(2400), again(2400);
  const auto file = stored(from);
  const WeightTransfer transfer{.old_rows = 2000, .new_rows = 2400, .seed = 7};
  const auto report = transfer_weights(to, file, transfer);
  EXPECT_THAT(report.grown, ElementsAre("tokens.weight"));
  EXPECT_THAT(report.text(), HasSubstr("400 rows added to tokens.weight"));
  const at::Tensor weight = to.tokens->weight;
  EXPECT_TRUE(at::equal(weight.narrow(0, 0, 2000), from.tokens->weight));
  const at::Tensor added = weight.narrow(0, 2000, 400), old = from.tokens->weight;
  EXPECT_LT((added.mean(0) - old.mean(0)).abs().max().item<double>(), 0.3);
  EXPECT_LT((added.std(0) - old.std(0)).abs().max().item<double>(), 0.2);
  transfer_weights(again, file, transfer);
  EXPECT_TRUE(at::equal(again.tokens->weight, weight));
}

TEST_F(WeightTransferTest, NothingThatFitsIsAnError) {
  Base from(5);
  torch::nn::Linear to(2, 2);
  EXPECT_THAT(failure(*to, stored(from), {.rules = {{"", "trunk."}}, .complete = false}),
              HasSubstr("not one of its tensors fits: it has layer.bias, layer.weight, tokens.weight"));
}

}  // namespace
}  // namespace heed::training
