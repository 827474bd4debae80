// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/attention_rivals.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>

namespace heed::bench {
namespace {

double default_scale(const at::Tensor& query) {
  return 1 / std::sqrt(static_cast<double>(query.size(3)));
}

}  // namespace

at::Tensor leaf(at::IntArrayRef sizes, at::ScalarType dtype) {
  return at::randn(sizes).to(dtype).requires_grad_(true);
}

at::Tensor leaf_with_innermost(const at::Tensor& values, int64_t axis) {
  return values.detach()
      .movedim(axis, -1)
      .clone(at::MemoryFormat::Contiguous)
      .movedim(-1, axis)
      .requires_grad_(values.requires_grad());
}

Rival attend_rival(const std::string& name, const std::string& answer, const Tensors& inputs,
                   const attention::Spec& spec, const at::Tensor& output_grad, const Operations& operations) {
  const auto forward = [inputs, spec] {
    return attention::attend(inputs[0], inputs[1], inputs[2], spec).output;
  };
  return {name, answer, inputs, forward, output_grad, operations};
}

at::Tensor skewed_bias_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                                 const at::Tensor& table, const at::Tensor& future) {
  const int64_t length = query.size(2);
  const auto by_row = at::matmul(query * default_scale(query), table.transpose(1, 2));
  const auto bias = at::constant_pad_nd(by_row, {1, 0})
                        .view({query.size(0), query.size(1), length + 1, length})
                        .narrow(2, 1, length)
                        .masked_fill(future, -std::numeric_limits<double>::infinity());
  return at::scaled_dot_product_attention(query, key, value, bias);
}

at::Tensor unfold_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const at::Tensor& row, const at::Tensor& column, const Unfolding& window) {
  const int64_t batch = query.size(0), heads = query.size(1), length = query.size(2),
                head_dim = query.size(3);
  const int64_t size = window.size;
  const auto unfolded = [&](const at::Tensor& x) {  // [batch, heads, head_dim, window cells, length]
    const auto image = x.transpose(2, 3).reshape({batch, heads * head_dim, window.height, window.width});
    return at::im2col(image, {size, size}, {1, 1}, {size / 2, size / 2}, {1, 1})
        .view({batch, heads, head_dim, size * size, length});
  };
  const auto scaled = (query * default_scale(query)).transpose(2, 3);    // [batch, heads, head_dim, length]
  const auto rows = at::matmul(row, scaled.narrow(2, 0, head_dim / 2));  // [batch, heads, size, length]
  const auto columns = at::matmul(column, scaled.narrow(2, head_dim / 2, head_dim / 2));
  const auto relation = (rows.unsqueeze(3) + columns.unsqueeze(2)).flatten(2, 3);
  const auto weights = at::softmax((scaled.unsqueeze(3) * unfolded(key)).sum(2) + relation, 2);
  return (weights.unsqueeze(2) * unfolded(value)).sum(3).transpose(2, 3);
}

}  // namespace heed::bench
