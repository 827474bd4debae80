// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "heed/attention/checks.h"
#include "heed/attention/local.h"
#include "heed/attention/reference.h"
#include "heed/attention/window.h"

namespace heed::attention {
namespace {

at::Tensor select(const at::Tensor& tensor, int64_t dim, const at::Tensor& index) {
  return tensor.size(dim) == 1 && dim == 0 ? tensor : tensor.index_select(dim, index);
}

}  // namespace

at::Tensor attention_weights(const at::Tensor& query, const at::Tensor& key, const Spec& spec,
                             at::IntArrayRef heads, at::IntArrayRef rows) {
  at::NoGradGuard no_grad;
  check_tensors(query, key, key);
  for (const auto head : heads) {
    TORCH_CHECK(head >= 0 && head < query.size(1), "[attention] head ", head, " is not among the ",
                query.size(1));
  }
  for (const auto row : rows) {
    TORCH_CHECK(row >= 0 && row < query.size(2), "[attention] row ", row, " is not among the ",
                query.size(2));
  }
  if (std::holds_alternative<Window2d>(spec.pattern)) return window_weights(query, key, spec, heads, rows);
  if (!std::holds_alternative<Dense>(spec.pattern)) return local_weights(query, key, spec, heads, rows);
  DenseInputs in = check_inputs(query, key, key, spec);
  const auto integers = query.options().dtype(at::kLong);
  const auto head_index = at::tensor(heads, integers.device(at::kCPU)).to(query.device());
  const auto row_index = at::tensor(rows, integers.device(at::kCPU)).to(query.device());
  in.query = in.query.index_select(1, head_index).index_select(2, row_index);
  in.key = in.key.index_select(1, head_index);
  if (in.relation_key) in.relation_key = select(*in.relation_key, 0, head_index);
  in.relation_value.reset();
  return reference_weights(in, row_index);
}

}  // namespace heed::attention
