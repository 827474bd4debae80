// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/operator_shapes.h"

#include <ATen/ATen.h>

#include "heed/attention/checks.h"

namespace heed::attention {

at::Tensor empty_logsumexp(const at::Tensor& query) {
  const auto options = query.options().dtype(accumulation_type(query.scalar_type()));
  return at::empty_symint(query.sym_sizes().slice(0, 3), options);
}

at::Tensor empty_table_gradient(const std::optional<at::Tensor>& table, const at::Tensor& query) {
  return table ? at::empty_symint(table->sym_sizes(), table->options()) : at::empty({0}, query.options());
}

at::Tensor table_gradient(const at::Tensor& gradient, const std::optional<at::Tensor>& table,
                          const at::Tensor& query) {
  return gradient.defined() ? gradient.to(table->scalar_type()) : at::empty({0}, query.options());
}

void check_results(const char* name, const at::Tensor& query, const at::Tensor& output_grad,
                   const at::Tensor& output, const at::Tensor& logsumexp) {
  for (const auto* tensor : {&output_grad, &output}) {
    TORCH_CHECK(tensor->sizes() == query.sizes() && tensor->scalar_type() == query.scalar_type() &&
                    tensor->device() == query.device(),
                "[", name, "] output and its gradient must be like query ", query.sizes(), ", got ",
                tensor->sizes());
  }
  TORCH_CHECK(logsumexp.sizes() == query.sizes().slice(0, 3) &&
                  logsumexp.scalar_type() == accumulation_type(query.scalar_type()) &&
                  logsumexp.device() == query.device(),
              "[", name, "] logsumexp must be [batch, heads, queries], got ", logsumexp.sizes());
}

void refuse_double_backward(const char* name) {
  C10_THROW_ERROR(
      Error,
      c10::str("[", name, "] is differentiable once; use the reference backend for a double backward"));
}

}  // namespace heed::attention
