// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/normalization.h>

#include "heed/kernels/layer_norm.h"
#include "heed/nn/device_kernel.h"

namespace heed::nn {

/// `norm` of input [..., width]. Without gradient, in float32 on the CPU, by a kernel of our own: a row's
/// bits depend on that row alone. Otherwise libtorch's.
at::Tensor layer_norm(const at::Tensor& input, torch::nn::LayerNorm& norm);

/// A norm in float32 on the CPU, with weight and bias, as the kernels take it; without its input and output.
kernels::LayerNormProblem layer_norm_problem(const torch::nn::LayerNormImpl& norm);
/// True when layer_norm() uses the kernel for float32 rows of this width on the CPU.
bool takes_layer_norm_kernel(const torch::nn::LayerNormImpl& norm, int64_t width);

/// A residual and the norm of it.
struct Normed {
  at::Tensor sum, normed;
};
/// residual + input, and `norm` of that; in one pass if layer_norm() has a kernel.
Normed add_layer_norm(const at::Tensor& residual, const at::Tensor& input, torch::nn::LayerNorm& norm);

/// Kernels without gradient. Tensors [..., width], and weight and bias [width], have one dtype.
struct LayerNormWeights {
  const at::Tensor &weight, &bias;
  double epsilon;
};
inline constinit DeviceKernel<at::Tensor(const at::Tensor& input, const LayerNormWeights&)> layer_norm_kernel;
inline constinit DeviceKernel<Normed(const at::Tensor& residual, const at::Tensor& input,
                                     const LayerNormWeights&)>
    add_layer_norm_kernel;

}  // namespace heed::nn
