// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/window_inputs.h"

namespace heed::attention {

/// Window attention by heed's own CPU kernels (heed/kernels/window_attention.h) on all cores: float32 and
/// bfloat16, head_dim 8 to 256. Results do not depend on the number of threads.
bool window_fused_supports(const WindowInputs& inputs);
Result window_fused_forward(const WindowInputs& inputs);
WindowGradients window_fused_backward(const at::Tensor& output_grad, const WindowInputs& inputs,
                                      const at::Tensor& output, const at::Tensor& logsumexp);

}  // namespace heed::attention
