// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/window_inputs.h"

namespace heed::attention {

/// Window attention by gathering every query's keys and values, [batch, heads, queries, size * size,
/// head_dim], in plain tensor operations with libtorch's own gradients: differentiable any number of times,
/// on every device. Half types are computed in float32.
///
/// Dropout numbers the keys: a pixel has its raster index, a cell beyond the image (which takes part with
/// Border::kZero) has height * width + its index in the window (row * size + column).
Result window_reference(const WindowInputs& inputs);

/// Softmax weights before dropout [batch, heads, chosen queries, size * size]. `inputs.query` has the chosen
/// queries only; `queries` [chosen] int64 is their index. Writes [batch, heads, chosen] to `logsumexp` if not
/// null.
at::Tensor window_reference_weights(const WindowInputs& inputs, const at::Tensor& queries,
                                    at::Tensor* logsumexp = nullptr);

/// The key of each cell of each window, [queries, size * size] int64; height * width beyond the image.
at::Tensor window_keys(const WindowInputs& inputs, const at::Tensor& queries);

}  // namespace heed::attention
