// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/window_inputs.h"

namespace heed::attention {

/// The Window2d pattern through the dispatcher, with autograd, available to Python as torch.ops.heed:
///
///   heed::window_attention(query, key, value, row?, column?, height, width, size, stride, zero_border,
///                          scale, dropout, seed?)
///       -> (output, logsumexp)
///   heed::window_attention_backward(output_grad, query, key, value, output, logsumexp, row?, ... the same)
///       -> (query_grad, key_grad, value_grad, row_grad, column_grad);
///          the gradient of an absent table is empty
///
/// heed's kernels for float32 and bfloat16 with a head_dim of 8 to 256 on the CPU; window_formula.h for
/// everything else. Autocast casts the tensors and tables to its dtype. Neither operator has a double
/// backward; asking for one throws an error that says so.
Result window_attention(const WindowInputs& inputs);

}  // namespace heed::attention
