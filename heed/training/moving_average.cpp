// SPDX-License-Identifier: Apache-2.0
#include "heed/training/moving_average.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace heed::training {

MovingAverage::MovingAverage(const std::vector<NamedParameter>& parameters, double decay) : decay_(decay) {
  if (!on()) return;
  parameters_ = parameters;
  for (const auto& parameter : parameters_) average_.push_back(parameter.value.detach().clone());
}

void MovingAverage::update(int64_t updates) {
  const c10::NoGradGuard no_grad;
  const auto n = static_cast<double>(updates);
  const double weight = 1 - std::min(decay_, (1 + n) / (10 + n));
  for (size_t i = 0; i < average_.size(); ++i) average_[i].lerp_(parameters_[i].value, weight);
}

void MovingAverage::swap() {
  const c10::NoGradGuard no_grad;
  for (size_t i = 0; i < average_.size(); ++i) {
    const at::Tensor kept = parameters_[i].value.detach().clone();
    parameters_[i].value.copy_(average_[i]);
    average_[i].copy_(kept);
  }
}

std::map<std::string, at::Tensor> MovingAverage::state() const {
  std::map<std::string, at::Tensor> state;
  for (size_t i = 0; i < average_.size(); ++i) state[parameters_[i].name] = average_[i];
  return state;
}

}  // namespace heed::training
