// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"

/// What the backends of the Window2d pattern share.
namespace heed::attention {

/// Inputs of one problem. Tables have query's dtype; scale is resolved.
struct WindowInputs {
  at::Tensor query, key, value;
  std::optional<at::Tensor> row = {}, column = {};  ///< both or neither
  Window2d pattern = {};
  double scale = 1;
  Dropout dropout = {};

  int64_t query_height() const { return (pattern.height + pattern.stride - 1) / pattern.stride; }
  int64_t query_width() const { return (pattern.width + pattern.stride - 1) / pattern.stride; }
  int64_t places() const { return pattern.size * pattern.size; }
  /// A table's gradient: summed over the batch, and over the heads where they share it.
  at::Tensor table_grad(const at::Tensor& by_head, const at::Tensor& table) const;
};

/// Throws c10::Error "[window_attention] ..." unless shapes, dtypes, devices, table sizes, the window and
/// dropout agree.
void check_window_inputs(const WindowInputs& inputs);

}  // namespace heed::attention
