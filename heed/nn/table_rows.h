// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>

#include <ATen/core/Tensor.h>

namespace heed::nn {

/// Rows of a table, times a factor: what decoding steps make their inputs of.
struct TableRows {
  at::Tensor table;  ///< [rows, width]; undefined: this addend is left out
  at::Tensor
      index;  ///< [n] int64 on the table's device; undefined: the table's row i, or its only row, for row i
  double scale = 1;
};

/// The sum of the addends, [n, width]. Without gradient in float32 on the CPU in one pass of plain code,
/// where a row's bits depend on that row alone; else in libtorch's operations. Throws c10::Error on an index
/// outside its table.
at::Tensor sum_table_rows(int64_t n, std::initializer_list<TableRows> addends);

}  // namespace heed::nn
