// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/window_inputs.h"

namespace heed::attention {

/// Scores of a band of query rows (one row at least): what bounds its memory.
constexpr int64_t kWindowBandScores = int64_t{1} << 22;

/// Window attention in libtorch operations for every device and floating dtype, with its gradients written
/// out. Works place by place of the window on shifted views of the padded image, a band of query rows at a
/// time: extra memory O(positions * head_dim) and a bounded number of scores. Half types are computed in
/// float32.
Result formula_window_forward(const WindowInputs& inputs, int64_t band_scores = kWindowBandScores);

/// Gradients in the inputs' dtypes and shapes; row and column are undefined without tables. Deterministic.
struct WindowGradientTensors {
  at::Tensor query, key, value, row, column;
};
WindowGradientTensors formula_window_backward(const at::Tensor& output_grad, const WindowInputs& inputs,
                                              const at::Tensor& output, const at::Tensor& logsumexp,
                                              int64_t band_scores = kWindowBandScores);

}  // namespace heed::attention
