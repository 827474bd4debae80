// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/local_inputs.h"

namespace heed::attention {

/// The local patterns through the dispatcher, with autograd, available to Python as torch.ops.heed:
///
///   heed::local_attention(query, key, value, block, *, relation_key?, relation_value?, clip=True, scale?,
///                         dropout=0, seed?)
///       -> (output, logsumexp)
///   heed::local_attention_backward(output_grad, query, key, value, output, logsumexp, block, *, the same)
///       -> (query_grad, key_grad, value_grad, relation_key_grad, relation_value_grad);
///          the gradient of an absent table is empty
///
///   block  [query_block, memory_before] (Local1d), or
///          [height, width, channels, query_height, query_width, flange] (Local2d)
///
/// The fused kernels if they support the problem (float32 and bfloat16 on the CPU); otherwise the reference,
/// which materialises all scores in forward and backward. Autocast casts the tensors and tables to its dtype.
/// Neither operator has a double backward; asking for one throws an error that says so.
Result local_attention(const LocalInputs& inputs);

}  // namespace heed::attention
