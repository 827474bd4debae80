// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/operator_shapes.h"

#include <ATen/ATen.h>

#include "heed/attention/checks.h"

namespace heed::attention {

at::Tensor empty_output(const at::Tensor& query, const at::Tensor& value) {
  if (query.sym_size(-1) == value.sym_size(-1)) return at::empty_like(query);
  auto sizes = query.sym_sizes().vec();
  sizes.back() = value.sym_size(-1);
  return at::empty_symint(sizes, query.options());
}

at::Tensor empty_logsumexp(const at::Tensor& query) {
  const auto options = query.options().dtype(accumulation_type(query.scalar_type()));
  return at::empty_symint(query.sym_sizes().slice(0, query.dim() - 1), options);
}

at::Tensor empty_table_gradient(const std::optional<at::Tensor>& table, const at::Tensor& query) {
  return table ? at::empty_symint(table->sym_sizes(), table->options()) : at::empty({0}, query.options());
}

at::Tensor table_gradient(const at::Tensor& gradient, const std::optional<at::Tensor>& table,
                          const at::Tensor& query) {
  return gradient.defined() ? gradient.to(table->scalar_type()) : at::empty({0}, query.options());
}

void check_results(const char* name, const at::Tensor& query, const at::Tensor& value,
                   const at::Tensor& output_grad, const at::Tensor& output, const at::Tensor& logsumexp) {
  auto sizes = query.sizes().vec();
  sizes.back() = value.size(-1);
  for (const auto* tensor : {&output_grad, &output}) {
    TORCH_CHECK(tensor->sizes() == at::IntArrayRef(sizes) && tensor->scalar_type() == query.scalar_type() &&
                    tensor->device() == query.device(),
                "[", name, "] output and its gradient must be like query ", query.sizes(), " with head_dim ",
                value.size(-1), ", got ", tensor->sizes());
  }
  sizes.pop_back();
  TORCH_CHECK(logsumexp.sizes() == at::IntArrayRef(sizes) &&
                  logsumexp.scalar_type() == accumulation_type(query.scalar_type()) &&
                  logsumexp.device() == query.device(),
              "[", name, "] logsumexp must be ", at::IntArrayRef(sizes), ", got ", logsumexp.sizes());
}

void refuse_double_backward(const char* name) {
  C10_THROW_ERROR(
      Error,
      c10::str("[", name, "] is differentiable once; use the reference backend for a double backward"));
}

}  // namespace heed::attention
