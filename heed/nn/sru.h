// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "heed/nn/device_kernel.h"

namespace heed::nn {

/// Every step of a simple recurrent unit, [length, rows, width] each.
struct SruSteps {
  at::Tensor output, cell;
};

/// What an SRU's steps read beside its weights.
///
/// products  [length, rows, 3 * width]: candidate, forget gate and reset gate before their activations
/// input     [length, rows, width], what the highway passes on
/// begin     [rows, width], the cell before the first step; undefined: zeros
/// keep      [rows, width], factors of the cells in the outputs (locked dropout); undefined: 1
struct SruInputs {
  const at::Tensor &products, &input;
  at::Tensor begin = {}, keep = {};
};

/// The recurrence of the simple recurrent unit: Lei et al. 2018, arXiv:1709.02755. Its matrix product is the
/// caller's: one for all steps, since no step needs the one before it.
///   f = sigmoid(u1 + v c[t-1] + b),  r = sigmoid(u2 + v' c[t-1] + b')
///   c[t] = f c[t-1] + (1 - f) u0,    h[t] = r c[t] + (1 - r) x[t]
///
/// On the CPU in float32 all steps are one kernel, forward and backward, which keeps products and cells and
/// computes the gates again; a row's bits depend on that row alone, and gradients not on the number of
/// threads. Other devices and types take libtorch's operations, step by step. Differentiable once.
class SruRecurrenceImpl : public torch::nn::Module {
 public:
  /// Weights begin uniform in [-1, 1], the forget gates' biases at 0, the reset gates' at `highway_bias`:
  /// far below 0 the outputs begin as the inputs.
  SruRecurrenceImpl(int64_t width, double highway_bias);

  SruSteps forward(const SruInputs& inputs);
  int64_t width() const { return forget_bias_.size(0); }

 private:
  at::Tensor forget_weight_, reset_weight_, forget_bias_, reset_bias_;  ///< [width] each
};
TORCH_MODULE(SruRecurrence);

/// Arguments of the kernels, contiguous. `keep` may be undefined.
struct SruTensors {
  const at::Tensor &products, &input, &begin, &keep;
  const at::Tensor &forget_weight, &reset_weight, &forget_bias, &reset_bias;
  const at::Tensor& cell;    ///< [length, rows, width], written by the forward pass
  const at::Tensor& output;  ///< [length, rows, width], written by the forward pass
};
struct SruGradients {
  const SruTensors& forward;
  const at::Tensor& output_grad;
  const at::Tensor& cell_grad;  ///< may be undefined
  const at::Tensor &products_grad, &input_grad;
  const at::Tensor& begin_grad;    ///< [rows, width], begins with zeros
  const at::Tensor& vectors_grad;  ///< [rows, 4, width], begins with zeros
};
inline constinit DeviceKernel<void(const SruTensors&)> sru_kernel;
inline constinit DeviceKernel<void(const SruGradients&)> sru_gradient_kernel;

}  // namespace heed::nn
