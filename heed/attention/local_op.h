// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/local_geometry.h"

namespace heed::attention {

/// The local patterns through the dispatcher, with autograd, and open to Python as torch.ops.heed:
///   heed::local_attention(query, key, value, block, *, relation_key?, relation_value?, clip=True, scale?,
///   dropout=0,
///                         seed?) -> (output, logsumexp)
///       block  [query_block, memory_before] (Local1d), or
///              [height, width, channels, query_height, query_width, flange] (Local2d)
///   heed::local_attention_backward(output_grad, query, key, value, output, logsumexp, block, *, the same) ->
///   five
///       gradients; those of absent tables are empty.
/// The fused kernels where they run (float32 and bfloat16 on the CPU), else the reference, which materialises
/// all scores, forward and backward. Under autocast all take autocast's dtype. Neither has a double backward;
/// asking for one says so.
Result local_attention(const LocalInputs& inputs);

}  // namespace heed::attention
