// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/fused_blocks.h"
#include "heed/attention/local_geometry.h"

namespace heed::attention {

/// Local attention by heed's own CPU kernels (heed/kernels/block_attention.h): float32 and bfloat16, sums in
/// float32. Each block of queries meets its memory rectangle alone: time is linear in the number of
/// positions, extra memory O(length * head_dim) per head.
Result fused_local_forward(const LocalInputs& inputs);
BlockResultGradients fused_local_backward(const at::Tensor& output_grad, const LocalInputs& inputs,
                                          const at::Tensor& output, const at::Tensor& logsumexp);

}  // namespace heed::attention
