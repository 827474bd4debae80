// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/window_inputs.h"

namespace heed::attention {

/// The Window2d pattern through the dispatcher, with autograd:
///   heed::window_attention(query, key, value, row?, column?, height, width, size, stride, zero_border,
///   scale, dropout,
///                          seed?) -> (output, logsumexp)
///   heed::window_attention_backward(output_grad, query, key, value, output, logsumexp, ...the same) -> five
///   gradients;
///                          those of absent tables are empty.
/// float32 and bfloat16 with a head_dim of 8 to 256 on the CPU go to heed's kernels, all else to
/// window_formula.h. Neither has a double backward; asking for one says so. Under CPU autocast the inputs are
/// cast to its dtype.
Result window_attention(const WindowInputs& inputs);

}  // namespace heed::attention
