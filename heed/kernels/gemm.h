// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Products of float32 matrices for the linear layers, blocked for the caches, with a packed right operand in
/// float32 or bfloat16.
namespace heed::kernels {

/// Columns that threads share out, whatever the instruction set.
constexpr int64_t kGemmStrip = 64;
/// Depth of a block, the same for every instruction set.
constexpr int64_t kGemmDepth = 256;

/// Element (i, j) at data[i * row + j * column]: strides make a transpose free.
struct GemmMatrix {
  const float* data = nullptr;
  int64_t row = 0, column = 1;
};

/// Numbers that a packed matrix [depth, columns] takes, columns rounded up to 16 in float32 and to 32 in
/// bfloat16. Strip after strip of 64 columns; how the numbers of a strip lie is each instruction set's own.
inline int64_t packed_size(int64_t depth, int64_t columns) {
  return (columns + 15) / 16 * 16 * depth;
}
inline int64_t packed_bfloat16_size(int64_t depth, int64_t columns) {
  return (columns + 31) / 32 * 32 * ((depth + 1) / 2 * 2);
}

/// Words of a row that is rounded to bfloat16: two neighbours each, zeros past the depth.
inline int64_t rounded_words(int64_t depth) {
  return (depth + 31) / 32 * 16;
}

/// result = left * right + bias. Each element is one chain of multiply-adds whose order follows from `depth`
/// alone: the same bits whatever rows, columns and threads are beside it.
struct GemmProblem {
  int64_t columns = 0, depth = 0;
  GemmMatrix left;               ///< [rows, depth]
  const void* packed = nullptr;  ///< [depth, columns] as the pack function of its type wrote it
  const float* bias = nullptr;   ///< [columns], optional
  float* result = nullptr;       ///< [rows, columns], row stride result_row
  int64_t result_row = 0;
  bool add = false;  ///< to what is there; then without bias
  /// [rows, rounded_words(depth)]: the left operand, where the type has a `round`.
  const uint32_t* rounded = nullptr;
};

/// For one type of the right operand, on the calling thread.
struct GemmOfType {
  /// Strips begin..end of `right` [depth, columns] into `packed`.
  void (*pack)(const GemmMatrix& right, int64_t depth, int64_t columns, int64_t begin, int64_t end,
               void* packed) noexcept;
  /// Rows row_begin..row_end of strips strip_begin..strip_end.
  void (*multiply)(const GemmProblem&, int64_t row_begin, int64_t row_end, int64_t strip_begin,
                   int64_t strip_end, float* scratch) noexcept;
  /// Where it is not null, multiply reads rows that this has rounded to bfloat16, without `add`: rows of
  /// `from` whose numbers lie side by side, `stride` apart.
  void (*round)(const float* from, int64_t stride, int64_t rows, int64_t depth,
                uint32_t* to) noexcept = nullptr;
};

struct GemmKernels {
  GemmOfType float32, bfloat16;
  int64_t scratch;  ///< floats that multiply needs where the left operand's columns are not 1 apart
};

}  // namespace heed::kernels
