// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/gemm_tiles.h"

/// The operands of gemm.h as its tiles read them. For files compiled once for each instruction set.
namespace heed::kernels {
namespace {

typedef float EightFloats __attribute__((vector_size(32), aligned(4), may_alias));

/// A left operand whose rows are not contiguous is copied, kRows rows side by side.
inline void gemm_pack_left(const GemmMatrix& left, int64_t row, int64_t rows, int64_t from, int64_t depth,
                           float* packed) {
  for (int64_t i = 0; i < rows; i += kRows) {
    const int64_t count = smaller(kRows, rows - i);
    const float* column = left.data + (row + i) * left.row + from * left.column;
    float* to = packed + i * depth;
    if (kRows > 4 && left.row == 1 && i + 8 <= rows) {  // what is written too far is written over next
      for (int64_t k = 0; k < depth; ++k, column += left.column, to += kRows)
        *reinterpret_cast<EightFloats*>(to) = *reinterpret_cast<const EightFloats*>(column);
    } else {
      for (int64_t k = 0; k < depth; ++k, column += left.column, to += kRows) {
        for (int64_t r = 0; r < count; ++r) to[r] = column[r * left.row];
      }
    }
  }
}

typedef float FourFloats __attribute__((vector_size(16), aligned(4), may_alias));

/// to[k * step + n] = from[n * stride + k] for k, n < 4.
inline void transpose_four(const float* from, int64_t stride, float* to, int64_t step) {
  const auto row = [&](int n) { return *reinterpret_cast<const FourFloats*>(from + n * stride); };
  const auto put = [&](int k, FourFloats x) { *reinterpret_cast<FourFloats*>(to + k * step) = x; };
  const FourFloats a = row(0), b = row(1), c = row(2), d = row(3);
  const FourFloats ab = __builtin_shufflevector(a, b, 0, 4, 1, 5),
                   cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  put(0, __builtin_shufflevector(ab, cd, 0, 1, 4, 5));
  put(1, __builtin_shufflevector(ab, cd, 2, 3, 6, 7));
  const FourFloats ef = __builtin_shufflevector(a, b, 2, 6, 3, 7),
                   gh = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  put(2, __builtin_shufflevector(ef, gh, 0, 1, 4, 5));
  put(3, __builtin_shufflevector(ef, gh, 2, 3, 6, 7));
}

/// A whole panel of a matrix whose rows are contiguous; rows of the panel are `step` apart.
inline void gemm_copy_panel(const float* from, int64_t row, int64_t depth, float* to, int64_t step) {
  for (int64_t k = 0; k < depth; ++k) {
#pragma GCC unroll 4
    for (int v = 0; v < kPanelVectors<float>; ++v)
      store(to + k * step + v * kLanes, load(from + k * row + v * kLanes));
  }
}

/// A whole panel of a matrix whose columns are contiguous.
inline void gemm_transpose_panel(const float* from, int64_t column, int64_t depth, float* to, int64_t step) {
  int64_t k = 0;
  for (; k + 4 <= depth; k += 4) {
#pragma GCC unroll 4
    for (int n = 0; n < kPanel; n += 4)
      transpose_four(from + n * column + k, column, to + k * step + n, step);
  }
  for (; k < depth; ++k) {
    for (int n = 0; n < kPanel; ++n) to[k * step + n] = from[n * column + k];
  }
}

/// The first `width` columns of `right` as a panel.
inline void gemm_pack_panel(const GemmMatrix& right, int64_t depth, int64_t width, float* to, int64_t step) {
  if (width == kPanel && right.column == 1) return gemm_copy_panel(right.data, right.row, depth, to, step);
  if (width == kPanel && right.row == 1)
    return gemm_transpose_panel(right.data, right.column, depth, to, step);
  for (int64_t k = 0; k < depth; ++k) {
    for (int64_t n = 0; n < kPanel; ++n)
      to[k * step + n] = n < width ? right.data[k * right.row + n * right.column] : 0;
  }
}

inline void gemm_pack_panel(const GemmMatrix& right, int64_t depth, int64_t width, uint32_t* to,
                            int64_t step) {
  for (int64_t k = 0; k < depth; ++k) {
    const auto bits = [&](int64_t n) -> uint32_t {
      return n < width ? to_bfloat16(right.data[k * right.row + n * right.column]) : 0;
    };
    for (int64_t i = 0; i < Panels<uint32_t>::kNumbers; ++i) {
      const int64_t low = i / kLanes * 2 * kLanes + i % kLanes;
      to[k * step + i] = bits(low) | bits(low + kLanes) << 16;
    }
  }
}

template <class Number>
void gemm_pack_right(const GemmMatrix& right, int64_t depth, int64_t columns, int64_t begin, int64_t end,
                     void* packed) noexcept {
  constexpr int64_t kColumns = Panels<Number>::kColumns;
  auto* to = static_cast<Number*>(packed);
  for (int64_t strip = begin; strip < end; ++strip) {
    const RightOf<Number> place = packed_strip<Number>(to, columns, depth, strip, 0);
    Number* panel = to + (place.data - to);
    const int64_t stop = smaller((strip + 1) * kGemmStrip, columns);
    for (int64_t column = strip * kGemmStrip; column < stop; column += kColumns, panel += place.panel) {
      const GemmMatrix from{right.data + column * right.column, right.row, right.column};
      gemm_pack_panel(from, depth, smaller(kColumns, columns - column), panel, place.row);
    }
  }
}

}  // namespace
}  // namespace heed::kernels
