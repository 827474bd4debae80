// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/local_geometry.h"

namespace heed::attention {

/// Local attention in plain tensor operations, with libtorch's own gradients; materialises [batch, heads,
/// length, length]. Softmax in float32 for half types.
Result local_reference(const LocalInputs& inputs);

/// Softmax weights [batch, heads, rows, length] of chosen query rows; `query` holds those rows only, `rows`
/// [rows] int64 is where they stand. `logsumexp`, when asked for, is [batch, heads, rows].
at::Tensor local_reference_weights(const LocalInputs& inputs, const at::Tensor& rows,
                                   at::Tensor* logsumexp = nullptr);

}  // namespace heed::attention
