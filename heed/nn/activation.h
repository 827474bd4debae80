// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/nn/device_kernel.h"

namespace heed::nn {

/// "relu" (Vaswani et al. 2017), "gelu" (Hendrycks and Gimpel 2016, arXiv:1606.08415; exact form) or "gelu_tanh" (its
/// approximation by tanh, as in GPT and GPT-2, which others call gelu_new). As in the functions below, a number's bits
/// do not depend on its index, outside training on the CPU in float32. Throws c10::Error for another name.
at::Tensor activate(const at::Tensor& x, const std::string& name);
const std::vector<std::string>& activation_names();

/// Outside training, on the CPU in float32, a number's bits in the results below do not depend on its index;
/// otherwise the results are libtorch's.
at::Tensor row_tanh(const at::Tensor& input);
at::Tensor row_elu(const at::Tensor& input);
/// The gated linear unit of Dauphin et al. 2016, arXiv:1612.08083: [..., 2 n] -> [..., n], the first half
/// times the sigmoid of the second.
at::Tensor row_glu(const at::Tensor& input);
/// tanh of the first half times the sigmoid of the second, as in van den Oord et al. 2016, arXiv:1606.05328.
at::Tensor row_gated_tanh(const at::Tensor& input);

/// Kernels of the functions above, without gradient; input has at least one dimension.
using ActivationKernel = DeviceKernel<at::Tensor(const at::Tensor& input)>;
inline constinit ActivationKernel relu_kernel, gelu_kernel, gelu_tanh_kernel, tanh_kernel, elu_kernel,
    glu_kernel, gated_tanh_kernel;

}  // namespace heed::nn
