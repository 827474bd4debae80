// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "heed/nn/device_kernel.h"

namespace heed::nn {

/// Dropout (Srivastava et al. 2014): in training each element is zero with probability p, otherwise scaled by
/// 1 / (1 - p).
///
/// With a kernel (float32 on the CPU): which elements are dropped depends on one number, drawn from the
/// default generator for each call, and on the element's index. Backward computes it again, so that nothing
/// is stored and any number of threads gives the same. Differentiable once. Other dtypes and devices use
/// libtorch's.
class DropoutImpl : public torch::nn::Module {
 public:
  /// Throws c10::Error unless 0 <= p < 1.
  explicit DropoutImpl(double p);

  at::Tensor forward(const at::Tensor& input);
  /// residual + forward(input), in one pass over memory.
  at::Tensor add_to(const at::Tensor& residual, const at::Tensor& input);
  void pretty_print(std::ostream& stream) const override;

 private:
  double p_;
};
TORCH_MODULE(Dropout);

/// residual (if any, with input's shape) + input with its dropped elements; `key` is the number drawn.
inline constinit DeviceKernel<at::Tensor(const at::Tensor& input, const std::optional<at::Tensor>& residual,
                                         uint32_t key, double p)>
    dropout_kernel;

}  // namespace heed::nn
