// SPDX-License-Identifier: Apache-2.0
#include "heed/training/optimizer.h"

#include <cmath>

#include "tests/core/kept_log.h"
#include "toy_objective.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>

#include "heed/nn/autocast.h"
#include "heed/training/moving_average.h"
#include "heed/training/precision.h"
#include "heed/training/schedule.h"

namespace heed::training {
namespace {

void set_gradients(const ToyModel& model, int64_t step) {
  at::manual_seed(static_cast<uint64_t>(100 + step));
  for (auto& parameter : model.parameters()) parameter.mutable_grad() = at::randn(parameter.sizes());
}

/// Runs 20 steps of heed's and of torch's optimizer, whose second group has no weight decay unless all have.
template <class Torch, class TorchOptions>
void expect_same_as_torch(const std::string& name, bool decay_all = false) {
  TrainingOptions options;
  options.optimizer = name;
  options.decay_all = decay_all;
  options.weight_decay = 0.1;
  ToyObjective ours, theirs;
  Adam adam(trainable_parameters(ours.module()), options);
  std::vector<torch::optim::OptimizerParamGroup> groups;
  for (const bool decays : {true, false}) {
    std::vector<at::Tensor> members;
    for (const auto& p : trainable_parameters(theirs.module())) {
      if (p.decays == decays) members.push_back(p.value);
    }
    auto group = TorchOptions(0.01).betas({0.9, 0.98}).eps(1e-9).weight_decay(decays || decay_all ? 0.1 : 0);
    groups.emplace_back(members, std::make_unique<TorchOptions>(group));
  }
  Torch torch_optimizer(groups, TorchOptions(0.01));
  for (int64_t step = 0; step < 20; ++step) {
    set_gradients(*ours.model, step);
    set_gradients(*theirs.model, step);
    adam.step(0.01);
    torch_optimizer.step();
  }
  const auto expected = theirs.module().named_parameters();
  for (const auto& p : adam.parameters()) {
    EXPECT_TRUE(at::allclose(p.value, expected[p.name], 1e-5, 1e-6)) << p.name;
  }
}

TEST(Adam, EqualsTorchAdamWOver20Steps) {
  expect_same_as_torch<torch::optim::AdamW, torch::optim::AdamWOptions>("adamw");
}

TEST(Adam, EqualsTorchAdamOver20Steps) {
  expect_same_as_torch<torch::optim::Adam, torch::optim::AdamOptions>("adam");
}

TEST(Adam, DecaysBiasesNormsAndEmbeddingsOnRequest) {
  expect_same_as_torch<torch::optim::Adam, torch::optim::AdamOptions>("adam", /*decay_all=*/true);
  expect_same_as_torch<torch::optim::AdamW, torch::optim::AdamWOptions>("adamw", /*decay_all=*/true);
}

TEST(Adam, TakesATiedWeightOnceAndLeavesOutFrozenOnes) {
  torch::nn::Module module;
  const at::Tensor weight = at::ones({2, 2}).requires_grad_();
  module.register_parameter("one", weight);
  module.register_parameter("two", weight);
  module.register_parameter("frozen", at::ones({2}), /*requires_grad=*/false);
  const auto parameters = trainable_parameters(module);
  ASSERT_EQ(parameters.size(), 1u);
  EXPECT_EQ(parameters[0].name, "one");
}

TEST(Adam, TheDivisorDividesGradients) {
  TrainingOptions options;
  ToyObjective whole, divided;
  Adam a(trainable_parameters(whole.module()), options), b(trainable_parameters(divided.module()), options);
  set_gradients(*whole.model, 0);
  set_gradients(*divided.model, 0);
  for (auto& p : divided.model->parameters()) p.mutable_grad().mul_(8);
  a.step(0.1);
  b.step(0.1, 8);
  for (size_t i = 0; i < a.parameters().size(); ++i) {
    EXPECT_TRUE(at::equal(a.parameters()[i].value, b.parameters()[i].value)) << a.parameters()[i].name;
  }
}

TEST(Adam, AStepCountsAsAWriteToEachWeight) {
  ToyObjective objective;
  Adam adam(trainable_parameters(objective.module()), {});
  set_gradients(*objective.model, 0);
  std::vector<int64_t> before;
  for (const auto& p : objective.model->parameters()) before.push_back(p._version());
  adam.step(0.1);
  const auto after = objective.model->parameters();
  for (size_t i = 0; i < after.size(); ++i) EXPECT_GT(after[i]._version(), before[i]) << i;
}

TEST(Adam, AParameterWithoutGradientStays) {
  ToyObjective objective;
  Adam adam(trainable_parameters(objective.module()), {});
  const at::Tensor before = objective.model->hidden->weight.detach().clone();
  set_gradients(*objective.model, 0);
  objective.model->hidden->weight.mutable_grad() = at::Tensor();
  adam.step(0.1);
  EXPECT_TRUE(at::equal(before, objective.model->hidden->weight));
}

TEST(Clipping, TheNormCoversAllGradientsAndLongOnesAreShortened) {
  ToyObjective objective;
  set_gradients(*objective.model, 3);
  std::vector<at::Tensor> flat;
  for (const auto& p : objective.model->parameters()) flat.push_back(p.grad().flatten());
  const double expected = at::cat(flat).norm().item<double>();
  EXPECT_NEAR(gradient_norm(trainable_parameters(objective.module())).item<double>(), expected,
              1e-4 * expected);
  EXPECT_DOUBLE_EQ(clipping_divisor(6, 2, 1), 6) << "mean gradient of norm 3 becomes 1";
  EXPECT_DOUBLE_EQ(clipping_divisor(1.5, 2, 1), 2) << "short gradients are only averaged";
  EXPECT_DOUBLE_EQ(clipping_divisor(600, 2, 0), 2) << "0 means no clipping";
}

TEST(Schedule, KnownPoints) {
  TrainingOptions options;
  options.learning_rate = 2;
  options.warmup_steps = 100;
  options.steps = 1100;
  options.final_learning_rate_fraction = 0.1;
  for (const char* name : {"noam", "cosine", "constant"}) {
    options.schedule = name;
    EXPECT_DOUBLE_EQ(scheduled_learning_rate(options, 1), 0.02) << name;
    EXPECT_DOUBLE_EQ(scheduled_learning_rate(options, 50), 1) << name;
    EXPECT_DOUBLE_EQ(scheduled_learning_rate(options, 100), 2) << name;
  }
  EXPECT_DOUBLE_EQ(scheduled_learning_rate(options, 5000), 2);
  options.schedule = "noam";
  EXPECT_DOUBLE_EQ(scheduled_learning_rate(options, 400), 1);
  options.schedule = "cosine";
  EXPECT_NEAR(scheduled_learning_rate(options, 600), 1.1, 1e-12);
  EXPECT_NEAR(scheduled_learning_rate(options, 1100), 0.2, 1e-12);
  EXPECT_NEAR(scheduled_learning_rate(options, 9999), 0.2, 1e-12);
}

TEST(Schedule, NoamIsTheFormulaOfVaswaniEtAl) {
  TrainingOptions options;
  options.warmup_steps = 4000;
  options.learning_rate = std::pow(512.0 * 4000, -0.5);
  for (const double step : {1.0, 17.0, 3999.0, 4000.0, 4001.0, 100000.0}) {
    const double formula = std::pow(512, -0.5) * std::min(std::pow(step, -0.5), step * std::pow(4000, -1.5));
    EXPECT_NEAR(scheduled_learning_rate(options, static_cast<int64_t>(step)), formula, 1e-12) << step;
  }
}

TEST(Schedule, WithoutWarmUpTheFirstStepHasTheFullRate) {
  TrainingOptions options;
  options.warmup_steps = 0;
  for (const char* name : {"noam", "cosine", "constant"}) {
    options.schedule = name;
    EXPECT_NEAR(scheduled_learning_rate(options, 1), options.learning_rate, 1e-6) << name;
  }
}

TEST(MovingAverage, FollowsTheWeightsAndSwapsBackExactly) {
  const c10::NoGradGuard no_grad;
  ToyObjective objective;
  const auto parameters = trainable_parameters(objective.module());
  const at::Tensor start = parameters[0].value.clone();
  MovingAverage average(parameters, 0.5);
  parameters[0].value.add_(1);
  average.update(1000);
  EXPECT_TRUE(at::allclose(average.state().at(parameters[0].name), start + 0.5));
  const at::Tensor raw = parameters[0].value.clone();
  average.swap();
  EXPECT_TRUE(at::allclose(parameters[0].value, start + 0.5));
  average.swap();
  EXPECT_TRUE(at::equal(parameters[0].value, raw));
}

TEST(MovingAverage, ForgetsTheFirstWeightsFaster) {
  const c10::NoGradGuard no_grad;
  ToyObjective objective;
  const auto parameters = trainable_parameters(objective.module());
  const at::Tensor start = parameters[0].value.clone();
  MovingAverage average(parameters, 0.999);
  parameters[0].value.add_(1);
  average.update(0);
  EXPECT_TRUE(at::allclose(average.state().at(parameters[0].name), start + 0.9));
}

TEST(Autocast, CastsInsideNestsAndEnds) {
  const at::Tensor a = at::ones({4, 4});
  {
    const nn::AutocastGuard outer(at::kCPU, at::kBFloat16);
    EXPECT_EQ(at::matmul(a, a).scalar_type(), at::kBFloat16);
    {
      const nn::AutocastGuard inner(at::kCPU, at::kBFloat16, /*enabled=*/false);
      EXPECT_EQ(at::matmul(a, a).scalar_type(), at::kFloat);
    }
    EXPECT_EQ(at::matmul(a, a).scalar_type(), at::kBFloat16);
  }
  EXPECT_EQ(at::matmul(a, a).scalar_type(), at::kFloat);
}

TEST(Autocast, WeightsChangedBetweenGuardsAreSeen) {
  const c10::NoGradGuard no_grad;
  at::Tensor weight = at::ones({4, 4}).requires_grad_();
  const at::Tensor input = at::ones({4, 4});
  const auto product = [&] {
    const at::AutoGradMode grad(true);
    const nn::AutocastGuard guard(at::kCPU, at::kBFloat16);
    return at::linear(input, weight).detach()[0][0].item<double>();
  };
  EXPECT_EQ(product(), 4);
  weight.fill_(2);
  EXPECT_EQ(product(), 8);
}

TEST(Precision, AutoChoosesWhatTheMeasurementSays) {
  EXPECT_EQ(resolve_precision("fp32", at::kCPU), "fp32");
  const double speedup = bf16_speedup(at::kCPU);
  if (speedup < 0.8) {
    EXPECT_EQ(resolve_precision("auto", at::kCPU), "fp32");
  } else if (speedup > 1.8) {
    EXPECT_EQ(resolve_precision("auto", at::kCPU), "bf16");
  }
}

TEST(Precision, Bf16IsTakenAsAskedWithAWarningWhereItIsEmulated) {
  const LinesOfLog log;
  EXPECT_EQ(resolve_precision("bf16", at::kCPU), "bf16");
  const double speedup = bf16_speedup(at::kCPU);
  if (speedup < 0.25) {
    ASSERT_EQ(log.warnings.size(), 1U);
    EXPECT_NE(log.warnings[0].find("no instructions for it"), std::string::npos) << log.warnings[0];
  } else if (speedup > 0.8) {
    EXPECT_TRUE(log.warnings.empty());
  }
}

}  // namespace
}  // namespace heed::training
