// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/edge_inputs.h"

namespace heed::attention {

/// Attention along edges by heed's kernels: float32 and bfloat16 on the CPU.
bool edge_fused_supports(const EdgeInputs& inputs);
Result edge_fused_forward(const EdgeInputs& inputs);
EdgeGradients edge_fused_backward(const at::Tensor& output_grad, const EdgeInputs& inputs,
                                  const at::Tensor& output, const at::Tensor& logsumexp);

}  // namespace heed::attention
