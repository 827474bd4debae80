// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/dense.h"

namespace heed::attention {

/// The Dense pattern through the dispatcher, with autograd, and open to Python as torch.ops.heed:
///   heed::dense_attention(query, key, value, *, relation_key?, relation_value?, key_lengths?, query_start?,
///   segments?,
///                         causal=False, clip=True, scale?, dropout=0, seed?, backend="auto") -> (output,
///                         logsumexp)
///   heed::dense_attention_backward(output_grad, query, key, value, output, logsumexp, *, the same) -> five
///                         gradients; those of absent tables are empty.
/// backend: "fused" (float32 and bfloat16 on the CPU), "tiled", or "auto" (fused where it runs). Under
/// autocast all take autocast's dtype. Neither has a double backward; asking for one says so.
Result dense_attention(const DenseInputs& inputs, Backend backend);

}  // namespace heed::attention
