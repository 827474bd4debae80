// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>

#include <ATen/core/Tensor.h>

namespace heed::nn {

/// Rows of a table, times a factor: an addend of a decoding step's input.
struct TableRows {
  at::Tensor table;  ///< [rows, width]; undefined: this addend is skipped
  at::Tensor index;  ///< [n] int64 on the table's device; undefined: row i, or the table's only row
  double scale = 1;
};

/// Returns the sum of the addends, [n, width]. Without gradients, float32 on the CPU is summed in a single
/// pass, and the bits of a row depend only on that row; otherwise libtorch's operations are used. Throws
/// c10::Error for an index outside its table.
at::Tensor sum_table_rows(int64_t n, std::initializer_list<TableRows> addends);

}  // namespace heed::nn
