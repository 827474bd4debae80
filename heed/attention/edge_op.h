// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/edge_inputs.h"

namespace heed::attention {

/// Attention along edges through the dispatcher, with autograd, available to Python as torch.ops.heed:
///
///   heed::sort_edges(source, target, sources, targets) -> (target_begin, source, source_begin, edge, target, order)
///   heed::edge_attention(query, key, value, target_begin, source, source_begin, edge, target, *, score="dot", vector?,
///                        relation_key?, relation_value?, relation_bias?, type?, scale?, slope=0.2, dropout=0, seed?)
///       -> (output, logsumexp)
///   heed::edge_attention_backward(output_grad, query, key, value, output, logsumexp, ... the same)
///       -> (query_grad, key_grad, value_grad, vector_grad, relation_key_grad, relation_value_grad, relation_bias_grad);
///          the gradient of an absent table is empty
///
/// score is "dot", "gat" or "gatv2"; attention.h says what the tensors are. Neither operator has a double backward; asking for one
/// throws an error that says so.
Result edge_attention(const EdgeInputs& inputs);

}  // namespace heed::attention
