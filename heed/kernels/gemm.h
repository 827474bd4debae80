// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Products of large float32 matrices for the linear layers, blocked for the caches, with a packed right
/// operand.
namespace heed::kernels {

/// Columns of a packed panel, whatever the instruction set.
constexpr int64_t kGemmPanel = 16;
/// Depth of a block, the same for every instruction set.
constexpr int64_t kGemmDepth = 256;

/// Element (i, j) at data[i * row + j * column]: strides make a transpose free.
struct GemmMatrix {
  const float* data = nullptr;
  int64_t row = 0, column = 1;
};

/// Floats that a packed matrix [depth, columns] takes: panel after panel of 16 columns, the last one filled
/// with zeros, row k of a panel at 16 k.
inline int64_t packed_size(int64_t depth, int64_t columns) {
  return (columns + kGemmPanel - 1) / kGemmPanel * kGemmPanel * depth;
}

/// result = left * right + bias. Each element is one chain of multiply-adds whose order follows from `depth`
/// alone: the same bits whatever rows, columns and threads are beside it.
struct GemmProblem {
  int64_t columns = 0, depth = 0;
  GemmMatrix left;                ///< [rows, depth]
  const float* packed = nullptr;  ///< [depth, columns] as pack_right wrote it
  const float* bias = nullptr;    ///< [columns], optional
  float* result = nullptr;        ///< [rows, columns], row stride result_row
  int64_t result_row = 0;
  bool add = false;  ///< to what is there; then without bias
};

/// On the calling thread.
struct GemmKernels {
  /// Panels begin..end of `right` [depth, columns] into `packed`.
  void (*pack_right)(const GemmMatrix& right, int64_t depth, int64_t columns, int64_t begin, int64_t end,
                     float* packed) noexcept;
  /// Rows row_begin..row_end of panels panel_begin..panel_end.
  void (*multiply)(const GemmProblem&, int64_t row_begin, int64_t row_end, int64_t panel_begin,
                   int64_t panel_end, float* scratch) noexcept;
  int64_t scratch;  ///< floats that multiply needs where the left operand's columns are not 1 apart
};

}  // namespace heed::kernels
