// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/normalization.h>

#include "heed/kernels/layer_norm.h"

namespace heed::nn {

/// `norm` of input [..., width]. Where no gradient is kept, in float32 on the CPU, by a kernel of our own: a
/// row's bits depend on that row alone. Else libtorch's.
at::Tensor layer_norm(const at::Tensor& input, torch::nn::LayerNorm& norm);

/// The kernels' form of a norm of float32 on the CPU with weight and bias, less what it reads and writes.
kernels::LayerNormProblem layer_norm_problem(const torch::nn::LayerNormImpl& norm);
/// Whether layer_norm() takes the kernel for rows of float32 on the CPU of this width.
bool takes_layer_norm_kernel(const torch::nn::LayerNormImpl& norm, int64_t width);

/// A residual and the norm of it.
struct Normed {
  at::Tensor sum, normed;
};
/// residual + input, and `norm` of that; in one pass where layer_norm() has a kernel.
Normed add_layer_norm(const at::Tensor& residual, const at::Tensor& input, torch::nn::LayerNorm& norm);

}  // namespace heed::nn
