// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/window_inputs.h"

namespace heed::attention {

/// Window attention by gathering every query's keys and values, [batch, heads, queries, size * size,
/// head_dim], in plain tensor operations with libtorch's own gradients: differentiable any number of times,
/// on every device. Half types are computed in float32.
///
/// Dropout's key of a place beyond the image, which takes part with Border::kZero, is height * width + its
/// place in the window (row * size + column); that of a pixel its place in the image.
Result reference_window_attention(const WindowInputs& inputs);

/// Softmax weights before dropout [batch, heads, chosen queries, size * size]. `query` holds the chosen ones
/// only, `queries` [chosen] int64 tells which they are. `logsumexp`, when asked for, is [batch, heads,
/// chosen].
at::Tensor reference_window_weights(const WindowInputs& inputs, const at::Tensor& queries,
                                    at::Tensor* logsumexp = nullptr);

/// The key of each place of each window, [queries, size * size] int64; height * width where it lies beyond
/// the image.
at::Tensor window_places(const WindowInputs& inputs, const at::Tensor& queries);

}  // namespace heed::attention
