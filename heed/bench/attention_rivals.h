// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "heed/attention/attention.h"
#include "heed/bench/contest.h"

/// Implementations to compare heed's attention with, and their inputs.
namespace heed::bench {

/// Returns normal random numbers that require a gradient.
at::Tensor leaf(at::IntArrayRef sizes, at::ScalarType dtype = at::kFloat);

/// Returns a separate leaf with the same values and shape, with axis `axis` innermost in memory.
at::Tensor leaf_with_innermost(const at::Tensor& values, int64_t axis);

/// heed's operator; the inputs are query, key, value, then the relation's tables.
Rival attend_rival(const std::string& name, const std::string& answer, const Tensors& inputs,
                   const attention::Spec& spec, const at::Tensor& output_grad, const Operations& operations);

/// Music Transformer's relation with libtorch's operator: the skewed scores, computed here from the table
/// [heads, length, head_dim], are its bias. `future` [length, length] is true for hidden keys.
at::Tensor skewed_bias_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                                 const at::Tensor& table, const at::Tensor& future);

/// The sizes of an image and its window.
struct Unfolding {
  int64_t height = 0, width = 0, size = 0;
};

/// Window attention by unfolding keys and values (at::im2col); attends to the zeros beyond the border.
///
/// query, key, value  [batch, heads, height * width, head_dim]; without copies if positions are innermost
/// row, column        [heads, size, head_dim / 2]
at::Tensor unfold_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const at::Tensor& row, const at::Tensor& column, const Unfolding& window);

}  // namespace heed::bench
