// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/grad_mode.h>
#include <torch/nn/module.h>

namespace heed::nn {

/// Puts `module` into eval mode and disables gradients on this thread during its lifetime; restores both
/// afterwards.
class InferenceScope {
 public:
  explicit InferenceScope(torch::nn::Module& module) : module_(module), was_training_(module.is_training()) {
    if (was_training_) module_.eval();
  }
  ~InferenceScope() {
    if (was_training_) module_.train();
  }
  InferenceScope(const InferenceScope&) = delete;
  InferenceScope& operator=(const InferenceScope&) = delete;

 private:
  torch::nn::Module& module_;
  bool was_training_;
  at::NoGradGuard no_grad_;
};

/// Returns the device of the weights; the CPU for a module without weights.
inline at::Device device_of(const torch::nn::Module& module) {
  const auto parameters = module.parameters();
  return parameters.empty() ? at::Device(at::kCPU) : parameters.front().device();
}

}  // namespace heed::nn
