// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/local_inputs.h"

namespace heed::attention {

/// Local attention in plain tensor operations, with libtorch's own gradients; materialises [batch, heads,
/// length, length]. Softmax in float32 for half types.
Result local_reference(const LocalInputs& inputs);

/// Softmax weights [batch, heads, rows, length] of chosen query rows. `inputs.query` has those rows only;
/// `rows` [rows] int64 is their position. Writes [batch, heads, rows] to `logsumexp` if not null.
at::Tensor local_reference_weights(const LocalInputs& inputs, const at::Tensor& rows,
                                   at::Tensor* logsumexp = nullptr);

/// The reference as kernels of an operator: below autograd, with the strides of its inputs. Backward computes
/// the forward pass again.
Result local_reference_forward(const LocalInputs& inputs);
LocalGradients local_reference_backward(const at::Tensor& output_grad, LocalInputs inputs);

}  // namespace heed::attention
