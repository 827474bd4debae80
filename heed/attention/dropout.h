// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"

namespace heed::attention {

/// The factor of every weight, 0 or 1 / (1 - p): [batch, heads, queries, keys] in the dtype and on the device
/// of `options`, by the generator of heed/kernels/dropout_hash.h. Undefined if p is 0.
///
/// query_rows  [queries] int64
/// key_rows    [keys] or [queries, keys] int64
at::Tensor dropout_factors(const Dropout& dropout, int64_t batch, int64_t heads, const at::Tensor& query_rows,
                           const at::Tensor& key_rows, const at::TensorOptions& options);

/// The same for heads first_head ... first_head + heads - 1, counted over all batch elements (batch * heads +
/// head): [heads, queries, keys].
at::Tensor head_dropout_factors(const Dropout& dropout, int64_t first_head, int64_t heads,
                                const at::Tensor& query_rows, const at::Tensor& key_rows,
                                const at::TensorOptions& options);

/// Throws c10::Error unless p is in [0, 1) and, if p > 0, the seed is one int64 number on the CPU.
void check_dropout(const Dropout& dropout);

/// The seed as the kernels take it; 0 without dropout.
uint64_t dropout_seed(const Dropout& dropout);
/// The seed as the operators take it; none without dropout.
std::optional<at::Tensor> seed_argument(const Dropout& dropout);

}  // namespace heed::attention
