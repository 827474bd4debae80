// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/window_inputs.h"

namespace heed::attention {

/// Scores in a band of query rows (a band has at least one row). Bounds the memory of a band.
constexpr int64_t kWindowBandScores = int64_t{1} << 22;

/// Window attention in libtorch operations for every device and floating dtype, with its gradients written
/// out. Goes through the window cell by cell on shifted views of the padded image, one band of query rows at
/// a time: extra memory O(positions * head_dim) and a bounded number of scores. Half types are computed in
/// float32.
Result window_formula_forward(const WindowInputs& inputs, int64_t band_scores = kWindowBandScores);

/// Deterministic.
WindowGradients window_formula_backward(const at::Tensor& output_grad, const WindowInputs& inputs,
                                        const at::Tensor& output, const at::Tensor& logsumexp,
                                        int64_t band_scores = kWindowBandScores);

}  // namespace heed::attention
