// SPDX-License-Identifier: Apache-2.0
#include "heed/training/stepper.h"

#include <cmath>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "heed/nn/autocast.h"
#include "heed/training/layers.h"

namespace heed::training {
namespace {

std::vector<NamedParameter> parameters_with_rates(const torch::nn::Module& module, double layer_decay) {
  auto parameters = trainable_parameters(module);
  set_layer_rates(parameters, module, layer_decay);
  return parameters;
}

}  // namespace

Stepper::Stepper(Objective& objective, const TrainingOptions& options, at::Device device,
                 std::string precision)
    : objective_(objective),
      device_(device),
      bf16_(precision == "bf16"),
      accumulation_(options.accumulation),
      clip_norm_(options.clip_norm),
      optimizer_(parameters_with_rates(objective.module(), options.layer_decay), options) {}

Loss Stepper::forward(int64_t index) {
  const nn::AutocastGuard autocast(device_.type(), at::kBFloat16, bf16_);
  Loss loss = objective_.training_loss(index);
  TORCH_CHECK(loss.targets > 0 && loss.sum.defined() && loss.sum.dim() == 0, "[train] batch ", index,
              " must return a scalar loss over at least one target");
  return loss;
}

StepReport Stepper::run(int64_t step, double learning_rate) {
  objective_.module().train();
  optimizer_.zero_grad();
  StepReport report;
  at::Tensor total = at::zeros({}, at::TensorOptions().dtype(at::kDouble).device(device_));
  for (int64_t micro = 0; micro < accumulation_; ++micro) {
    const Loss loss = forward((step - 1) * accumulation_ + micro);
    loss.sum.backward();
    total += loss.sum.detach();
    report.targets += loss.targets;
  }
  // Transfers both numbers at once if the device is not the CPU.
  const at::Tensor norm = gradient_norm(optimizer_.parameters()).to(device_);
  const at::Tensor numbers = at::stack({total, norm}).to(at::kCPU);
  report.loss = numbers[0].item<double>();
  const double summed_norm = numbers[1].item<double>();
  const auto targets = static_cast<double>(report.targets);
  report.gradient_norm = summed_norm / targets;
  report.applied = std::isfinite(report.loss) && std::isfinite(summed_norm);
  if (report.applied) optimizer_.step(learning_rate, clipping_divisor(summed_norm, targets, clip_norm_));
  optimizer_.zero_grad();
  return report;
}

Validation Stepper::validate() {
  const c10::NoGradGuard no_grad;
  const nn::AutocastGuard autocast(device_.type(), at::kBFloat16, bf16_);
  objective_.module().eval();
  Validation found = objective_.validate();
  TORCH_CHECK(found.metrics.count(found.watch), "[train] validation must return the metric '", found.watch,
              "', which the task watches");
  return found;
}

double Stepper::tokens_per_step() const {
  return static_cast<double>(objective_.tokens_per_index() * accumulation_);
}

}  // namespace heed::training
