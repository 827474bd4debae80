// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/simd.h"

/// Products of small matrices, the parts of the attention tiles. For files compiled once for each instruction
/// set.
namespace heed::kernels {
namespace {

/// Columns of a panel: B's columns are in groups of 16 for any width of vectors, so that packed operands do
/// not depend on the instruction set.
constexpr int kPanel = 16;

/// Left operand: element (i, k) at data[i * row + k * step]. Any strides: a transposed operand has row 1, a
/// skewed one (row i shifted by i) has its row stride one longer. Number is float, or uint32_t: a pair of
/// bfloat16 of two neighbouring k (matrix_pairs.h).
template <class Number>
struct LeftOf {
  const Number* data;
  int64_t row, step;
};
using Left = LeftOf<float>;

/// Right operand: element (k, j) at data[(j / 16) * panel + k * row + j % 16]. Packed panels have row 16;
/// a row-major matrix has panel 16.
template <class Number>
struct RightOf {
  const Number* data;
  int64_t panel, row;
};
using Right = RightOf<float>;

/// Result: element (i, j) at data[i * row + j].
struct Out {
  float* data;
  int64_t row;
};

// Rows in registers: with kVectors columns of vectors they leave registers for the operands.
constexpr int kVectors = kLanes == 16 ? 4 : kPanel / kLanes;
constexpr int kRows = kLanes == 4 ? 2 : 6;

template <int R, int V, class Number>
inline void multiply_in_registers(int depth, LeftOf<Number> a, RightOf<Number> b, Out c, bool add) {
  Floats sums[R][V] = {};
  const Number* left = a.data;
  const Number* right = b.data;
  for (int k = 0; k < depth; ++k, left += a.step, right += b.row) {
    decltype(load(right)) columns[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v)
      columns[v] = load(right + v * kLanes / kPanel * b.panel + v * kLanes % kPanel);
#pragma GCC unroll 6
    for (int r = 0; r < R; ++r) {
      const auto x = splat(left[r * a.row]);
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) sums[r][v] = multiply_add(x, columns[v], sums[r][v]);
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < R; ++r) {
    float* to = c.data + r * c.row;
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) store(to + v * kLanes, add ? load(to + v * kLanes) + sums[r][v] : sums[r][v]);
  }
}

template <int V, class Number>
inline void multiply_columns(int rows, int depth, LeftOf<Number> a, RightOf<Number> b, Out c, bool add) {
  int i = 0;
  for (; i + kRows <= rows; i += kRows) {
    multiply_in_registers<kRows, V, Number>(depth, {a.data + i * a.row, a.row, a.step}, b,
                                            {c.data + i * c.row, c.row}, add);
  }
  const LeftOf<Number> rest{a.data + i * a.row, a.row, a.step};
  const Out to{c.data + i * c.row, c.row};
  switch (rows - i) {
    case 1:
      return multiply_in_registers<1, V, Number>(depth, rest, b, to, add);
    case 2:
      return multiply_in_registers<(2 < kRows ? 2 : 1), V, Number>(depth, rest, b, to, add);
    case 3:
      return multiply_in_registers<(3 < kRows ? 3 : 1), V, Number>(depth, rest, b, to, add);
    case 4:
      return multiply_in_registers<(4 < kRows ? 4 : 1), V, Number>(depth, rest, b, to, add);
    case 5:
      return multiply_in_registers<(5 < kRows ? 5 : 1), V, Number>(depth, rest, b, to, add);
    default:
      return;
  }
}

/// c = a b, or c += a b. columns is a multiple of kPanel; rows and depth are arbitrary.
template <class Number>
inline void multiply_numbers(int rows, int columns, int depth, LeftOf<Number> a, RightOf<Number> b, Out c,
                             bool add) {
  constexpr int kStep = kVectors * kLanes;
  int j = 0;
  for (; j + kStep <= columns; j += kStep) {
    multiply_columns<kVectors, Number>(rows, depth, a, {b.data + j / kPanel * b.panel, b.panel, b.row},
                                       {c.data + j, c.row}, add);
  }
  for (; j < columns; j += kPanel) {
    multiply_columns<kPanel / kLanes, Number>(rows, depth, a, {b.data + j / kPanel * b.panel, b.panel, b.row},
                                              {c.data + j, c.row}, add);
  }
}

inline void multiply(int rows, int columns, int depth, Left a, Right b, Out c, bool add) {
  multiply_numbers<float>(rows, columns, depth, a, b, c, add);
}

}  // namespace
}  // namespace heed::kernels
