// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"

/// The shapes that the attention operators promise: output is like query, but has value's head_dim; each gradient is
/// like its input (the gradient of an absent table is empty); logsumexp is query without head_dim.
namespace heed::attention {

at::Tensor empty_output(const at::Tensor& query, const at::Tensor& value);
at::Tensor empty_logsumexp(const at::Tensor& query);
at::Tensor empty_table_gradient(const std::optional<at::Tensor>& table, const at::Tensor& query);

/// `gradient` in the table's dtype; empty if it is undefined.
at::Tensor table_gradient(const at::Tensor& gradient, const std::optional<at::Tensor>& table,
                          const at::Tensor& query);

/// Checks the results that a backward operator is given: c10::Error "[name] ...".
void check_results(const char* name, const at::Tensor& query, const at::Tensor& value,
                   const at::Tensor& output_grad, const at::Tensor& output, const at::Tensor& logsumexp);

[[noreturn]] void refuse_double_backward(const char* name);

}  // namespace heed::attention
