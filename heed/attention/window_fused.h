// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/window_formula.h"
#include "heed/attention/window_inputs.h"

namespace heed::attention {

/// Window attention by heed's own kernels (heed/kernels/window_attention.h) over all cores. Results do not
/// depend on the number of threads.
bool fused_window_runs(const WindowInputs& inputs);
Result fused_window_forward(const WindowInputs& inputs);
WindowGradientTensors fused_window_backward(const at::Tensor& output_grad, const WindowInputs& inputs,
                                            const at::Tensor& output, const at::Tensor& logsumexp);

}  // namespace heed::attention
