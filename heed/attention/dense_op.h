// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/dense_inputs.h"

namespace heed::attention {

/// The Dense pattern through the dispatcher, with autograd, available to Python as torch.ops.heed:
///
///   heed::dense_attention(query, key, value, *, relation_key?, relation_value?, key_lengths?, query_start?,
///                         segments?, causal=False, clip=True, scale?, dropout=0, seed?, backend="auto")
///       -> (output, logsumexp)
///   heed::dense_attention_backward(output_grad, query, key, value, output, logsumexp, *, the same)
///       -> (query_grad, key_grad, value_grad, relation_key_grad, relation_value_grad);
///          the gradient of an absent table is empty
///
/// backend: "fused" (float32 and bfloat16 on the CPU), "tiled", or "auto" (fused if it supports the problem).
/// Autocast casts the tensors and tables to its dtype. Neither operator has a double backward; asking for one
/// throws an error that says so.
Result dense_attention(const DenseInputs& inputs);

}  // namespace heed::attention
