// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/dense_inputs.h"

namespace heed::attention {

/// Dense attention in plain tensor operations, with libtorch's own gradients; materialises [batch, heads,
/// queries, keys]. Relative scores by skewing (Huang et al. 2018, section 3.4.1) in a causal square without
/// query_start, otherwise by gathering.
Result dense_reference(const DenseInputs& inputs);

/// Softmax weights [batch, heads, rows, keys] of chosen query rows. `inputs.query` has those rows only;
/// `rows` [rows] int64 is their index among the queries. Writes [batch, heads, rows] to `logsumexp` if not
/// null.
at::Tensor dense_reference_weights(const DenseInputs& inputs, const at::Tensor& rows,
                                   at::Tensor* logsumexp = nullptr);

}  // namespace heed::attention
