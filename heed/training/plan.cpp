// SPDX-License-Identifier: Apache-2.0
#include "heed/training/plan.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include <ATen/ATen.h>
#include <ATen/DeviceAccelerator.h>
#include <c10/core/GradMode.h>

#include "heed/training/precision.h"
#include "heed/training/random_state.h"
#include "heed/training/schedule.h"
#include "heed/training/stepper.h"

namespace heed::training {
namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Restores weights, buffers, mode and random state in its destructor.
class Preserve {
 public:
  Preserve(torch::nn::Module& module, at::Device device)
      : module_(module), device_(device), random_(random_state(device)), training_(module.is_training()) {
    for (const auto& weight : module.parameters()) keep(weight);
    for (const auto& buffer : module.buffers()) keep(buffer);
  }
  ~Preserve() {
    const c10::NoGradGuard no_grad;
    for (auto& [tensor, copy] : kept_) tensor.copy_(copy);
    set_random_state(random_, device_, "");
    module_.train(training_);
  }
  Preserve(const Preserve&) = delete;
  Preserve& operator=(const Preserve&) = delete;

 private:
  void keep(const at::Tensor& tensor) { kept_.emplace_back(tensor, tensor.detach().clone()); }

  torch::nn::Module& module_;
  at::Device device_;
  std::map<std::string, at::Tensor> random_;
  bool training_;
  std::vector<std::pair<at::Tensor, at::Tensor>> kept_;
};

struct Timing {
  double step = 0, validation = 0, tokens_per_second = 0;
};

Timing time_steps(Objective& objective, const TrainingOptions& options, at::Device device, double budget) {
  constexpr int64_t kWarmup = 2, kTimed = 20, kFewest = 3;
  const auto begin = Clock::now();
  objective.module().to(device);
  const Preserve preserve(objective.module(), device);
  Stepper stepper(objective, options, device, resolve_precision(options.precision, device));
  const auto step = [&](int64_t number) {
    stepper.run(number, scheduled_learning_rate(options, static_cast<double>(number)));
  };
  for (int64_t number = 1; number <= kWarmup; ++number) step(number);
  const auto timed_from = Clock::now();
  int64_t timed = 0;
  while (timed < kTimed && (timed < kFewest || seconds_since(begin) < budget / 10)) step(kWarmup + ++timed);
  Timing timing;
  timing.step = seconds_since(timed_from) / static_cast<double>(timed);
  const auto validation_from = Clock::now();
  stepper.validate();
  timing.validation = seconds_since(validation_from);
  timing.tokens_per_second = stepper.tokens_per_step() / timing.step;
  return timing;
}

double peak_bytes(at::Device device) {
  if (!device.is_cpu()) {
    const auto stats = at::accelerator::getDeviceStats(std::max<c10::DeviceIndex>(0, device.index()));
    return static_cast<double>(stats.allocated_bytes.front().peak);
  }
  constexpr double kKilobyte = 1024;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * kKilobyte;
}

}  // namespace

Plan plan_steps(Objective& objective, const TrainingOptions& options, double minutes, at::Device device) {
  constexpr double kReserve = 0.02;  // for checkpoints, metrics and a busier machine
  const auto begin = Clock::now();
  const double budget = minutes * 60;
  const Timing timing = time_steps(objective, options, device, budget);
  // There is a validation before the first step and one after the last; the others are spread over the steps.
  const double left = (budget - seconds_since(begin)) * (1 - kReserve) - 2 * timing.validation;
  const double each = timing.step + timing.validation / static_cast<double>(options.validate_every);
  const auto steps = static_cast<int64_t>(std::max(1.0, left / each));
  return {steps, minutes, timing.step, timing.validation, seconds_since(begin)};
}

void apply_plan(TrainingOptions& options, const Plan& plan) {
  options.steps = plan.steps;
  options.minutes = plan.minutes;
  options.warmup_steps = std::min(options.warmup_steps, std::max<int64_t>(1, plan.steps / 4));
}

DryRun dry_run(Objective& objective, const TrainingOptions& options, at::Device device) {
  const Timing timing = time_steps(objective, options, device, std::numeric_limits<double>::infinity());
  DryRun result;
  for (const auto& parameter : trainable_parameters(objective.module()))
    result.parameters += parameter.value.numel();
  result.peak_bytes = peak_bytes(device);
  result.tokens_per_second = timing.tokens_per_second;
  const auto validations = static_cast<double>(options.steps / options.validate_every + 2);
  result.seconds_expected =
      static_cast<double>(options.steps) * timing.step + validations * timing.validation;
  return result;
}

}  // namespace heed::training
