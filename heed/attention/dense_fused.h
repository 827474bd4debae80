// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/dense_inputs.h"

namespace heed::attention {

/// Dense attention by heed's own CPU kernels (heed/kernels/block_attention.h): float32 and bfloat16, sums in
/// float32. Extra memory: O(length * head_dim) per head, in forward and backward.
Result dense_fused_forward(const DenseInputs& inputs);
DenseGradients dense_fused_backward(const at::Tensor& output_grad, const DenseInputs& inputs,
                                    const at::Tensor& output, const at::Tensor& logsumexp);

}  // namespace heed::attention
