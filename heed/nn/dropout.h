// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

namespace heed::nn {

/// Dropout (Srivastava et al. 2014): in training each element is zero with probability p, else scaled by 1 /
/// (1 - p).
///
/// float32 on the CPU: which elements fall is a function of one number drawn from the default generator for
/// each call and of the element's index, found again in backward, so that nothing is stored and any number of
/// threads gives the same. Other dtypes and devices take libtorch's. Differentiable once there.
class DropoutImpl : public torch::nn::Module {
 public:
  /// Throws c10::Error unless 0 <= p < 1.
  explicit DropoutImpl(double p);

  at::Tensor forward(const at::Tensor& input);
  /// residual + forward(input), in one pass over memory.
  at::Tensor add_to(const at::Tensor& residual, const at::Tensor& input);
  void pretty_print(std::ostream& stream) const override;

 private:
  bool runs(const at::Tensor& input) const;
  double p_;
};
TORCH_MODULE(Dropout);

}  // namespace heed::nn
