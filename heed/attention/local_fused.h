// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/local_inputs.h"

namespace heed::attention {

/// Local attention by heed's own CPU kernels (heed/kernels/block_attention.h): float32 and bfloat16, sums in
/// float32. A block of queries meets its memory rectangle only: time is linear in the number of positions,
/// extra memory O(length * head_dim) per head.
Result local_fused_forward(const LocalInputs& inputs);
LocalGradients local_fused_backward(const at::Tensor& output_grad, const LocalInputs& inputs,
                                    const at::Tensor& output, const at::Tensor& logsumexp);

}  // namespace heed::attention
