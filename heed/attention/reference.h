// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/dense.h"

namespace heed::attention {

/// Dense attention in plain tensor operations, with libtorch's own gradients; materialises [batch, heads,
/// queries, keys]. Relative scores by skewing (Huang et al. 2018, section 3.4.1) in a causal square without
/// query_start, by gathering otherwise. Arguments as for attend().
Result reference_attention(const DenseInputs& inputs);

/// Softmax weights [batch, heads, rows, keys] of chosen query rows. `query` holds those rows only, `rows`
/// [rows] int64 is where they stand among the queries. `logsumexp`, when asked for, is [batch, heads, rows].
at::Tensor reference_weights(const DenseInputs& inputs, const at::Tensor& rows,
                             at::Tensor* logsumexp = nullptr);

}  // namespace heed::attention
