// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/token_loss.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>

namespace heed::tasks {
namespace {

/// Features of two passes over 3 rows of 5 targets, one of which is padding.
struct Passes {
  at::Tensor features = at::randn({6, 5, 4}, at::kDouble).requires_grad_();
  at::Tensor weight = at::randn({7, 4}, at::kDouble);
  at::Tensor targets = at::randint(7, {3, 5}, at::kLong);
  Passes() { targets[1][4] = kIgnoredTarget; }

  at::Tensor loss(double smoothing, double alpha) const {
    return r_drop_loss(features, {weight, {}, nullptr}, targets, smoothing, alpha);
  }
  at::Tensor plain_loss(int64_t pass, double smoothing) const {
    return summed_token_loss(at::matmul(features.chunk(2)[static_cast<size_t>(pass)], weight.t()), targets,
                             smoothing);
  }
  /// Returns the log-probabilities of a pass, without padding.
  at::Tensor log_probabilities(size_t pass) const {
    const at::Tensor all = at::log_softmax(at::matmul(features.chunk(2)[pass], weight.t()), -1);
    return all.flatten(0, 1).index({(targets != kIgnoredTarget).flatten()});
  }
};

TEST(RDrop, IsTheMeanOfTwoLossesAndOfTwoDivergences) {
  at::manual_seed(3);
  const Passes passes;
  const at::Tensor p = passes.log_probabilities(0), q = passes.log_probabilities(1);
  const at::Tensor divergence =
      (at::kl_div(q, p, at::Reduction::Sum, true) + at::kl_div(p, q, at::Reduction::Sum, true)) / 2;
  const at::Tensor losses = (passes.plain_loss(0, 0.1) + passes.plain_loss(1, 0.1)) / 2;
  EXPECT_NEAR(passes.loss(0.1, 0).item<double>(), losses.item<double>(), 1e-5);
  EXPECT_GT(divergence.item<double>(), 0.1);
  EXPECT_NEAR(passes.loss(0.1, 5).item<double>(), (losses + 5 * divergence / 2).item<double>(), 1e-4);
}

TEST(RDrop, SendsGradientsIntoBothPasses) {
  at::manual_seed(4);
  const Passes passes;
  passes.loss(0, 2).backward();
  const at::Tensor gradient = passes.features.grad();
  const at::Tensor p = passes.log_probabilities(0), q = passes.log_probabilities(1);
  const at::Tensor formula =
      (passes.plain_loss(0, 0) + passes.plain_loss(1, 0)) / 2 + ((p.exp() - q.exp()) * (p - q)).sum() / 2;
  passes.features.mutable_grad() = at::Tensor();
  formula.backward();
  EXPECT_TRUE(at::allclose(gradient, passes.features.grad(), 1e-4, 1e-5));
}

TEST(RDrop, RefusesFeaturesOfOnePass) {
  const Passes passes;
  EXPECT_THROW(r_drop_loss(passes.features.chunk(2)[0], {passes.weight, {}, nullptr}, passes.targets, 0, 1),
               c10::Error);
}

}  // namespace
}  // namespace heed::tasks
