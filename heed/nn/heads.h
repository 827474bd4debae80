// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace heed::nn {

/// Splits the result of a joint projection into heads: joined [batch, length, parts * heads * head_dim] to
/// `parts` views [batch, heads, length, head_dim]. Their gradients are written into one tensor directly,
/// whereas libtorch's select would create zeros for each and add them up.
std::vector<at::Tensor> split_heads(const at::Tensor& joined, int64_t parts, int64_t heads);

/// [batch, heads, length, head_dim] -> [batch, length, heads * head_dim]
at::Tensor merge_heads(const at::Tensor& heads);

}  // namespace heed::nn
