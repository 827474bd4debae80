// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Products of float32 rows with weights of 8 bits, for inference: every row is rounded to 127 levels of its
/// own scale; products and sums are integers, exact on every instruction set.
namespace heed::kernels {

/// Columns of a packed panel, neighbours in depth that lie side by side in a column, and columns that threads
/// share out, whatever the instruction set.
constexpr int64_t kInt8Panel = 16, kInt8Group = 4, kInt8Strip = 64;
/// What rows are raised by, so that they are unsigned as the instructions want them.
constexpr int32_t kInt8Zero = 64;

inline int64_t int8_depth(int64_t depth) {
  return (depth + kInt8Group - 1) / kInt8Group * kInt8Group;
}
inline int64_t int8_columns(int64_t columns) {
  return (columns + kInt8Panel - 1) / kInt8Panel * kInt8Panel;
}
/// Bytes of packed weights: panel after panel of 16 columns; in a panel group after group of the depth; in a
/// group column after column, 4 bytes each. Zeros fill what is not there. `together` panels lie side by side
/// in each group, so that they are read as one stream: Int8Kernels::together.
inline int64_t int8_packed_size(int64_t depth, int64_t columns) {
  return int8_depth(depth) * int8_columns(columns);
}

/// Where a column's numbers lie: group g of its depth at data + g * step.
template <class Byte>
struct Int8Column {
  Byte* data;
  int64_t step;
};
template <class Byte>
inline Int8Column<Byte> int8_column(Byte* packed, int64_t depth, int64_t columns, int64_t together,
                                    int64_t column) {
  const int64_t wide = together * kInt8Panel, first = column / wide * wide;
  const int64_t rest = int8_columns(columns) - first, width = rest < wide ? rest : wide;
  return {packed + first * int8_depth(depth) + (column - first) * kInt8Group, width * kInt8Group};
}

/// result_ij = row_scale_i column_scale_j sum_k (left_ik - 64) weight_kj + bias_j
struct Int8Problem {
  int64_t columns = 0, depth = 0;
  const uint8_t* left = nullptr;        ///< [rows, int8_depth(depth)], 1 to 127; 0 behind the depth
  const float* row_scale = nullptr;     ///< [rows]
  const int8_t* packed = nullptr;       ///< weights, -127 to 127
  const float* column_scale = nullptr;  ///< [int8_columns(columns)]
  const int32_t* offset = nullptr;      ///< [int8_columns(columns)]: 64 times the sum of a column's weights
  const float* bias = nullptr;          ///< [columns], optional
  float* result = nullptr;              ///< [rows, columns]
};

/// On the calling thread.
struct Int8Kernels {
  /// Rows begin..end of `from` (rows `stride` apart) as 64 + x / scale, scale a 63rd of the row's largest.
  void (*quantize)(const float* from, int64_t stride, int64_t depth, uint8_t* to, float* scale, int64_t begin,
                   int64_t end) noexcept;
  /// Rows row_begin..row_end of strips strip_begin..strip_end.
  void (*multiply)(const Int8Problem&, int64_t row_begin, int64_t row_end, int64_t strip_begin,
                   int64_t strip_end) noexcept;
  int64_t together;  ///< panels side by side in packed weights
};

}  // namespace heed::kernels
