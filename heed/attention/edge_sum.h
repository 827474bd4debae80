// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/attention.h"

namespace heed::attention {

/// Sums along edges with given weights, head by head: output[i] = sum over the edges e of target i of weights[e] * value[source of e].
/// This is message passing with fixed or learned weights (GCN, MoNet), and the product of a sparse matrix, whose entries are
/// edges from columns to rows, with a dense one.
///
/// value    [sources, heads or 1, head_dim], float32, bfloat16 or any other floating dtype
/// weights  [edges, heads or 1] of value's dtype; edges are numbered by target. One value with the weights of several heads
///          gives the sums of an edge network (nn/message_passing.h)
/// returns  [targets, heads, head_dim]
///
/// Gradients in value and weights, once. On the CPU in float32 and bfloat16 memory O(nodes + edges * heads), and bits that do not
/// depend on the number of threads; elsewhere libtorch's operations. Through the dispatcher, in Python torch.ops.heed:
///   heed::edge_sum(value, weights, target_begin, source, source_begin, edge, target) -> output
///   heed::edge_sum_backward(output_grad, value, weights, target_begin, ..., weights_wanted=True) -> (value_grad, weights_grad);
///       weights_grad is empty unless it is wanted
at::Tensor edge_sum(const at::Tensor& value, const at::Tensor& weights, const Edges& edges);

}  // namespace heed::attention
