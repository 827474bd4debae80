// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/locked_dropout.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/utils.h>

namespace heed::nn {
namespace {

TEST(LockedDropout, DropsTheSameNumbersOfARowAtEveryStep) {
  torch::manual_seed(1);
  LockedDropout dropout(0.25);
  const at::Tensor output = dropout->forward(at::ones({6, 40, 50}));
  for (int64_t t = 1; t < 6; ++t) EXPECT_TRUE(output[t].equal(output[0])) << t;
  EXPECT_FALSE(output[0][0].equal(output[0][1])) << "rows differ";
  EXPECT_FALSE(output.equal(dropout->forward(at::ones({6, 40, 50})))) << "calls differ";
  const at::Tensor kept = output[0].ne(0);
  EXPECT_NEAR(kept.to(at::kFloat).mean().item<double>(), 0.75, 0.03);
  EXPECT_NEAR(output[0].max().item<double>(), 1 / 0.75, 1e-6);
}

TEST(LockedDropout, PassesEverythingOutsideTraining) {
  LockedDropout dropout(0.5);
  dropout->eval();
  const at::Tensor input = at::randn({2, 3, 4});
  EXPECT_TRUE(dropout->forward(input).equal(input));
  EXPECT_FALSE(dropout->mask(3, 4, input.options()).defined());
}

TEST(LockedDropout, RefusesProbabilitiesOfOneAndInputsOfOtherShapes) {
  EXPECT_THROW(LockedDropout(1.0), c10::Error);
  EXPECT_THROW(LockedDropout(-0.1), c10::Error);
  EXPECT_THROW(LockedDropout(0.5)->forward(at::ones({3, 4})), c10::Error);
}

TEST(WordDropout, DropsAWordEverywhereOrNowhere) {
  torch::manual_seed(2);
  const at::Tensor table = at::ones({200, 3}).requires_grad_(true);
  const at::Tensor tokens = at::arange(200).repeat({2, 1});
  const at::Tensor embedded = embed_with_word_dropout(table, tokens, 0.3);
  EXPECT_TRUE(embedded[0].equal(embedded[1]));
  const at::Tensor kept = embedded[0].ne(0);
  EXPECT_TRUE(kept.all(1).equal(kept.any(1)));
  EXPECT_NEAR(kept.to(at::kFloat).mean().item<double>(), 0.7, 0.1);
  embedded.sum().backward();
  EXPECT_TRUE(table.grad().ne(0).equal(kept));
}

TEST(WordDropout, OfNothingIsTheEmbedding) {
  const at::Tensor table = at::randn({5, 3}), tokens = at::tensor({4, 0, 4});
  EXPECT_TRUE(embed_with_word_dropout(table, tokens, 0).equal(table.index_select(0, tokens)));
}

}  // namespace
}  // namespace heed::nn
