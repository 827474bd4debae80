// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"

namespace heed::attention {

/// Checked inputs of one problem with the Window2d pattern. Tables have query's dtype; scale is resolved.
struct WindowInputs {
  at::Tensor query, key, value;
  std::optional<at::Tensor> row = {}, column = {};  ///< both or neither
  Window2d pattern = {};
  double scale = 1;
  Dropout dropout = {};

  int64_t query_height() const { return (pattern.height + pattern.stride - 1) / pattern.stride; }
  int64_t query_width() const { return (pattern.width + pattern.stride - 1) / pattern.stride; }
  int64_t cells() const { return pattern.size * pattern.size; }  ///< of a window
  /// A table's gradient: summed over the batch, and over the heads if they share the table.
  at::Tensor table_grad(const at::Tensor& by_head, const at::Tensor& table) const;
};

/// Gradients in the inputs' dtypes and shapes; row and column are undefined without tables.
struct WindowGradients {
  at::Tensor query, key, value, row = {}, column = {};
  std::array<at::Tensor, 2> tables() const { return {row, column}; }
};

/// Checks everything that attend() promises to check and resolves defaults: c10::Error "[window_attention]
/// ...".
WindowInputs check_window_inputs(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                                 const Spec& spec);

}  // namespace heed::attention
