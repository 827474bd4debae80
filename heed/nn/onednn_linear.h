// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace heed::nn {

/// Returns input weight^T + bias by oneDNN, for float32 matrices on the CPU, if libtorch includes it. It is
/// an operator that libtorch has for its compiler and does not declare. bias may be undefined. Not
/// differentiable.
at::Tensor onednn_linear(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace heed::nn
