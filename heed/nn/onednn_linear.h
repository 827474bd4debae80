// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace heed::nn {

/// input weight^T + bias by oneDNN, for float32 matrices on the CPU where libtorch is built with it: an
/// operator that libtorch keeps for its compiler and does not declare. bias may be undefined. No gradient.
at::Tensor onednn_linear(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace heed::nn
