// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/weight_norm_linear.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_weight_norm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/init.h>

namespace heed::nn {

WeightNormLinearImpl::WeightNormLinearImpl(int64_t in, int64_t out, double deviation) {
  direction_ = register_parameter("direction", at::empty({out, in}));
  torch::nn::init::normal_(direction_, 0.0, deviation);
  length_ = register_parameter("length", direction_.detach().norm(2, 1, /*keepdim=*/true));
  bias_ = register_parameter("bias", at::zeros({out}));
}

void WeightNormLinearImpl::train(bool on) {
  if (on) {
    const std::lock_guard lock(mutex_);
    weight_ = at::Tensor();
    packed_.clear();
  }
  torch::nn::Module::train(on);
}

at::Tensor WeightNormLinearImpl::kept_weight() {
  // Inference tensors have no version counter.
  if (length_.is_inference() || direction_.is_inference()) return at::_weight_norm(direction_, length_, 0);
  const std::lock_guard lock(mutex_);
  const auto length_version = static_cast<int64_t>(length_._version()),
             direction_version = static_cast<int64_t>(direction_._version());
  if (!weight_.defined() || length_version != length_version_ || direction_version != direction_version_ ||
      weight_.device() != direction_.device() || weight_.scalar_type() != direction_.scalar_type()) {
    weight_ = at::_weight_norm(direction_, length_, 0);
    length_version_ = length_version;
    direction_version_ = direction_version;
  }
  return weight_;
}

at::Tensor WeightNormLinearImpl::forward(const at::Tensor& input) {
  if (at::GradMode::is_enabled()) return linear(input, at::_weight_norm(direction_, length_, 0), bias_);
  return linear(input, kept_weight(), bias_, &packed_);
}

}  // namespace heed::nn
