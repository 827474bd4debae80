// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/gemm.h"
#include "heed/kernels/matrix.h"

/// The body of gemm.h. For files compiled once for each instruction set.
namespace heed::kernels {
namespace {

static_assert(kGemmPanel == kPanel, "a packed panel is what matrix.h calls one");

/// Depth of a block: its panels of the right operand stay in the first cache, and its rows of the left in the
/// second.
constexpr int64_t kGemmDepth = 256;
constexpr int64_t kGemmRows = 24 * kRows;
constexpr int kPanelVectors = kPanel / kLanes;

inline int64_t smaller(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/// c = start + a b for R rows and V vectors of columns, start's rows `start_row` apart (0: one row for all).
template <int R, int V>
inline void gemm_tile(int64_t depth, Left a, Right b, const float* start, int64_t start_row, Out c) {
  Floats sums[R][V] = {};
  const float* left = a.data;
  const float* right = b.data;
  for (int64_t k = 0; k < depth; ++k, left += a.step, right += b.row) {
    Floats columns[V];
#pragma GCC unroll 16
    for (int v = 0; v < V; ++v)
      columns[v] = load(right + v * kLanes / kPanel * b.panel + v * kLanes % kPanel);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const Floats x = splat(left[r * a.row]);
#pragma GCC unroll 16
      for (int v = 0; v < V; ++v) sums[r][v] += x * columns[v];
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < V; ++v) {
      const Floats before = start ? load(start + r * start_row + v * kLanes) : Floats{};
      store(c.data + r * c.row + v * kLanes, before + sums[r][v]);
    }
  }
}

/// One block of the left operand times some panels, for one block of the depth.
struct GemmBlock {
  int64_t rows, depth;
  Left left;            ///< of a group of kRows rows
  int64_t group;        ///< from one group to the next
  const float* packed;  ///< this block's depth of panel 0
  int64_t panel;        ///< from one panel to the next
  const float* start;   ///< bias, the result itself, or null
  int64_t start_row;
  Out result;
  int64_t columns;
};

/// R rows from row i and the P panels from j, the last of which may be cut.
template <int R, int P>
inline void gemm_panels(const GemmBlock& block, int64_t i, int64_t j) {
  constexpr int V = P * kPanelVectors;
  const Left a{block.left.data + i / kRows * block.group, block.left.row, block.left.step};
  const Right b{block.packed + j * block.panel, block.panel, kPanel};
  const int64_t column = j * kPanel;
  const float* start = block.start ? block.start + i * block.start_row + column : nullptr;
  const Out c{block.result.data + i * block.result.row + column, block.result.row};
  if (column + P * kPanel <= block.columns)
    return gemm_tile<R, V>(block.depth, a, b, start, block.start_row, c);
  float whole[R * P * kPanel];
  const int64_t width = block.columns - column;
  for (int r = 0; r < R; ++r) {
    for (int64_t n = 0; n < P * kPanel; ++n)
      whole[r * P * kPanel + n] = start && n < width ? start[r * block.start_row + n] : 0;
  }
  gemm_tile<R, V>(block.depth, a, b, whole, P * kPanel, {whole, P * kPanel});
  for (int r = 0; r < R; ++r) {
    for (int64_t n = 0; n < width; ++n) c.data[r * c.row + n] = whole[r * P * kPanel + n];
  }
}

/// Few rows keep more panels in registers, so that enough sums are under way at once.
template <int R, int P>
inline void gemm_rows(const GemmBlock& block, int64_t i, int64_t begin, int64_t end) {
  int64_t j = begin;
  for (; j + P <= end; j += P) gemm_panels<R, P>(block, i, j);
  if constexpr (P > 1) {
    for (; j < end; ++j) gemm_panels<R, 1>(block, i, j);
  }
}

constexpr int kGemmPanels = kLanes == 16 ? 4 : 1;  ///< side by side in registers, with kRows rows

template <int R>
inline void gemm_rest(const GemmBlock& block, int64_t begin, int64_t end) {
  if constexpr (R < kRows) {
    constexpr int P = kLanes == 16  ? (R == 1 ? 8 : 4)
                      : kLanes == 4 ? 1
                                    : (R == 1   ? 4
                                       : R == 2 ? 3
                                       : R == 3 ? 2
                                                : 1);
    if (block.rows % kRows == R) return gemm_rows<R, P>(block, block.rows - R, begin, end);
    gemm_rest<R + 1>(block, begin, end);
  }
}

inline void gemm_block(const GemmBlock& block, int64_t begin, int64_t end) {
  const int64_t whole = block.rows / kRows * kRows;
  if (whole > 0) {
    for (int64_t j = begin; j < end; j += kGemmPanels) {
      const int64_t stop = smaller(end, j + kGemmPanels);
      for (int64_t i = 0; i < whole; i += kRows) gemm_rows<kRows, kGemmPanels>(block, i, j, stop);
    }
  }
  gemm_rest<1>(block, begin, end);
}

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

void gemm_multiply(const GemmProblem& problem, int64_t row_begin, int64_t row_end, int64_t panel_begin,
                   int64_t panel_end, float* scratch) noexcept {
  const int64_t panel = kPanel * problem.depth;
  const bool in_place = problem.left.column == 1;
  for (int64_t row = row_begin; row < row_end; row += kGemmRows) {
    const int64_t rows = smaller(kGemmRows, row_end - row);
    float* result = problem.result + row * problem.result_row;
    int64_t k = 0;
    do {  // once without any depth: the bias alone
      const int64_t depth = smaller(kGemmDepth, problem.depth - k);
      if (!in_place) gemm_pack_left(problem.left, row, rows, k, depth, scratch);
      const Left left = in_place ? Left{problem.left.data + row * problem.left.row + k, problem.left.row, 1}
                                 : Left{scratch, 1, kRows};
      const bool add = k > 0 || problem.add;
      GemmBlock block;
      block.rows = rows;
      block.depth = depth;
      block.left = left;
      block.group = in_place ? kRows * problem.left.row : kRows * depth;
      block.packed = problem.packed + k * kPanel;
      block.panel = panel;
      block.start = add ? result : problem.bias;
      block.start_row = add ? problem.result_row : 0;
      block.result = {result, problem.result_row};
      block.columns = problem.columns;
      gemm_block(block, panel_begin, panel_end);
      k += depth;
    } while (k < problem.depth);
  }
}

typedef float FourFloats __attribute__((vector_size(16), aligned(4), may_alias));

/// to[k * 16 + n] = from[n * stride + k] for k, n < 4.
inline void transpose_four(const float* from, int64_t stride, float* to) {
  const auto row = [&](int n) { return *reinterpret_cast<const FourFloats*>(from + n * stride); };
  const auto put = [&](int k, FourFloats x) { *reinterpret_cast<FourFloats*>(to + k * kPanel) = x; };
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

/// A whole panel of a matrix whose rows are contiguous.
inline void gemm_copy_panel(const float* from, int64_t row, int64_t depth, float* to) {
  for (int64_t k = 0; k < depth; ++k) {
#pragma GCC unroll 4
    for (int v = 0; v < kPanelVectors; ++v)
      store(to + k * kPanel + v * kLanes, load(from + k * row + v * kLanes));
  }
}

/// A whole panel of a matrix whose columns are contiguous.
inline void gemm_transpose_panel(const float* from, int64_t column, int64_t depth, float* to) {
  int64_t k = 0;
  for (; k + 4 <= depth; k += 4) {
#pragma GCC unroll 4
    for (int n = 0; n < kPanel; n += 4) transpose_four(from + n * column + k, column, to + k * kPanel + n);
  }
  for (; k < depth; ++k) {
    for (int n = 0; n < kPanel; ++n) to[k * kPanel + n] = from[n * column + k];
  }
}

void gemm_pack_right(const GemmMatrix& right, int64_t depth, int64_t columns, int64_t begin, int64_t end,
                     float* packed) noexcept {
  for (int64_t j = begin; j < end; ++j) {
    const int64_t width = smaller(kPanel, columns - j * kPanel);
    const float* from = right.data + j * kPanel * right.column;
    float* to = packed + j * kPanel * depth;
    if (width == kPanel && right.column == 1) {
      gemm_copy_panel(from, right.row, depth, to);
    } else if (width == kPanel && right.row == 1) {
      gemm_transpose_panel(from, right.column, depth, to);
    } else {
      for (int64_t k = 0; k < depth; ++k) {
        for (int64_t n = 0; n < kPanel; ++n)
          to[k * kPanel + n] = n < width ? from[k * right.row + n * right.column] : 0;
      }
    }
  }
}

constexpr GemmKernels gemm_kernels() {
  return {gemm_pack_right, gemm_multiply, kGemmRows * kGemmDepth};
}

}  // namespace
}  // namespace heed::kernels
