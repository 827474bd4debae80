// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "heed/attention/dense.h"

namespace heed::attention {

/// The tiled Dense pattern through the dispatcher, with autograd:
///   heed::dense_attention(query, key, value, relation_key?, relation_value?, key_lengths?, query_start?,
///   segments?,
///                         causal, clip, scale) -> (output, logsumexp)
///   heed::dense_attention_backward(output_grad, query, key, value, output, logsumexp, ...the same) -> five
///   gradients;
///                         those of absent tables are empty.
/// Neither has a double backward; asking for one says so.
Result dense_attention(const DenseInputs& inputs);

}  // namespace heed::attention
