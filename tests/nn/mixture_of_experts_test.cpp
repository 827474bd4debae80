// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/mixture_of_experts.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/utils.h>

namespace heed::nn {
namespace {

MixtureOfExperts mixture(int64_t experts, int64_t active, double importance = 0, double load = 0) {
  torch::manual_seed(3);
  return MixtureOfExperts(MixtureOfExpertsOptions{.width = 6,
                                                  .experts = experts,
                                                  .active = active,
                                                  .hidden = 10,
                                                  .importance = importance,
                                                  .load = load});
}

/// Returns the gate's weight [experts, width] for the test to modify.
at::Tensor gate_of(const MixtureOfExperts& module) {
  return module->named_parameters()["gate.weight"].detach();
}

TEST(MixtureOfExperts, OutsideTrainingIsTheSumOverTheBestExperts) {
  const at::NoGradGuard no_grad;
  auto module = mixture(5, 2);
  module->eval();
  gate_of(module).copy_(at::randn({5, 6}));
  const at::Tensor x = at::randn({3, 4, 6}), y = module->forward(x);
  const auto parameters = module->named_parameters();
  for (int64_t i = 0; i < 3; ++i) {
    for (int64_t j = 0; j < 4; ++j) {
      const at::Tensor row = x[i][j], scores = gate_of(module).mv(row);
      const auto [top, which] = scores.topk(2);
      const at::Tensor gates = top.softmax(0);
      at::Tensor sum = at::zeros({6});
      for (int64_t n = 0; n < 2; ++n) {
        const std::string e = std::to_string(which[n].item<int64_t>());
        const at::Tensor inside =
            (parameters["expand." + e + ".weight"].mv(row) + parameters["expand." + e + ".bias"]).relu();
        sum += gates[n] *
               (parameters["contract." + e + ".weight"].mv(inside) + parameters["contract." + e + ".bias"]);
      }
      EXPECT_LT((sum - y[i][j]).abs().max().item<double>(), 1e-5);
    }
  }
  EXPECT_FALSE(module->balance_loss().defined());
}

TEST(MixtureOfExperts, BeginsBalanced) {
  auto module = mixture(4, 1, 1, 1);
  module->forward(at::randn({4000, 6}));
  EXPECT_LT(module->balance_loss().item<double>(), 0.02);
}

// One of 4 experts does everything: the squared coefficient of variation is 3, for gates and for load.
TEST(MixtureOfExperts, OneExpertForAllCostsTheMost) {
  for (const bool load : {false, true}) {
    auto module = mixture(4, 1, load ? 0 : 1, load ? 1 : 0);
    gate_of(module)[2].fill_(100.0);
    module->forward(at::ones({50, 6}));
    EXPECT_NEAR(module->balance_loss().item<double>(), 3, 1e-3) << load;
  }
}

TEST(MixtureOfExperts, PaddingIsNoLoad) {
  auto module = mixture(4, 1, 1, 0);
  gate_of(module)[0].fill_(100.0);
  gate_of(module)[1].fill_(-100.0);
  const at::Tensor x = at::cat({at::ones({10, 6}), -at::ones({10, 6})});  // the second half goes to expert 1
  module->forward(x);
  EXPECT_NEAR(module->balance_loss().item<double>(), 1, 1e-3);
  module->forward(x, at::arange(20) < 10);
  EXPECT_NEAR(module->balance_loss().item<double>(), 3, 1e-3);
}

/// Replays the noisy gating of inputs x [n, 6] in a mixture of four experts.
struct Gating {
  at::Tensor clean, deviation;  ///< clean scores and deviations of the noise, [n, 4]

  Gating(const MixtureOfExperts& module, const at::Tensor& x)
      : clean(x.matmul(gate_of(module).t())),
        deviation(at::softplus(x.matmul(module->named_parameters()["noise.weight"].t())) + 1e-2) {}
  at::Tensor drawn() const { return clean + at::randn_like(clean) * deviation; }
};

MixtureOfExperts noisy_mixture(int64_t active) {
  auto module = mixture(4, active, /*importance=*/0, /*load=*/1);
  gate_of(module).normal_();
  module->named_parameters()["noise.weight"].detach().normal_();
  return module;
}

/// Returns which of `scores` [n, 4] are among the `active` highest.
at::Tensor chosen(const at::Tensor& scores, int64_t active) {
  const at::Tensor higher = (scores.unsqueeze(1) > scores.unsqueeze(2)).sum(2);  // than each of them
  return (higher < active).to(at::kDouble);
}

double squared_variation(const at::Tensor& load) {
  return ((load - load.mean()).square().mean() / load.mean().square()).item<double>();
}

// Equation 8: the probability that an expert is chosen if its own noise is drawn again and the others' is
// kept.
TEST(MixtureOfExperts, LoadIsTheChanceOfBeingChosenWithNoiseOfItsOwnDrawnAnew) {
  const at::NoGradGuard no_grad;
  for (const int64_t active : {1, 2, 3}) {
    for (const int64_t seed : {1, 2, 3}) {
      auto module = noisy_mixture(active);
      torch::manual_seed(seed);
      const at::Tensor x = at::randn({2, 6});
      const Gating gating(module, x);
      torch::manual_seed(10 + seed);
      module->forward(x);
      torch::manual_seed(10 + seed);
      const at::Tensor scores = gating.drawn();  // the scores of forward()
      constexpr int64_t kDraws = 100000;
      at::Tensor load = at::zeros({4}, at::kDouble);
      for (int64_t row = 0; row < 2; ++row) {
        for (int64_t expert = 0; expert < 4; ++expert) {
          const at::Tensor tries = scores[row].repeat({kDraws, 1});
          tries.select(1, expert)
              .normal_()
              .mul_(gating.deviation[row][expert])
              .add_(gating.clean[row][expert]);
          load[expert] += chosen(tries, active).select(1, expert).mean();
        }
      }
      EXPECT_NEAR(module->balance_loss().item<double>(), squared_variation(load), 0.02)
          << active << " " << seed;
    }
  }
}

// The mean over all noise is the number of inputs that an expert gets.
TEST(MixtureOfExperts, LoadIsOnAverageHowOftenAnExpertIsChosen) {
  const at::NoGradGuard no_grad;
  for (const int64_t active : {1, 2, 3}) {
    auto module = noisy_mixture(active);
    const at::Tensor x = at::randn({1, 6}).repeat({100000, 1});
    module->forward(x);
    const at::Tensor load = chosen(Gating(module, x).drawn(), active).sum(0);
    EXPECT_NEAR(module->balance_loss().item<double>(), squared_variation(load), 0.02) << active;
    EXPECT_GT(squared_variation(load), 0.03) << "experts that differ";
  }
}

TEST(MixtureOfExperts, RefusesSizesThatDoNotFit) {
  EXPECT_THROW(mixture(4, 4), c10::Error);
  EXPECT_THROW(mixture(4, 0), c10::Error);
}

}  // namespace
}  // namespace heed::nn
