// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/tiles.h"

/// The products of matrix.h with operands rounded to bfloat16 and sums in float32: twice the rate of float32
/// with AVX-512 BF16, sixteen times with AMX. Operands are float32 with any strides; converting them to pairs
/// costs a few hundredths of a product (and saves the tiles a second layout). For files compiled once for
/// each instruction set.
namespace heed::kernels {
namespace {

#if defined(HEED_EMULATE_PAIRS) || defined(HEED_EMULATE_TILES)
constexpr bool kEmulated = true;
#else
constexpr bool kEmulated = false;
#endif

#if defined(__AVX512BF16__) || defined(HEED_EMULATE_PAIRS) || defined(HEED_EMULATE_TILES)
constexpr bool kHasPairs = true;

#if defined(__AMX_BF16__) || defined(HEED_EMULATE_TILES)
constexpr bool kHasTiles = true;
#else
constexpr bool kHasTiles = false;
#endif

constexpr int kPairRows = 64;    ///< most rows of a product
constexpr int kPairDepth = 256;  ///< most depth of a product

/// The pairs of the left operand: in rows for the tiles, and in the layout that is easiest to make for
/// vectors.
inline LeftOf<uint32_t> left_pairs(int rows, int depth, int pairs, Left a, uint32_t* to) {
  if (a.step == 1) {
    pair_rows(rows, depth, pairs, a, to);
    return {to, pairs, 1};
  }
  // Transposed: a.row is 1, and the rows are a multiple of 16.
  const Right columns{a.data, kPanel, a.step};
  if (!kHasTiles) {
    pair_columns(rows, depth, pairs, columns, kPairRows, to);
    return {to, 1, kPairRows};
  }
  alignas(64) uint32_t square[kPanel * kPanel];
  for (int i = 0; i < rows; i += kPanel) {
    for (int p = 0; p < pairs; p += kPanel) {
      const int left = depth - 2 * p;
      pair_columns(kPanel, left, kPanel, {a.data + i + 2 * p * a.step, kPanel, a.step}, kPanel, square);
      transpose_square(square, kPanel, to + i * pairs + p, pairs);
    }
  }
  return {to, pairs, 1};
}

/// c = a b, or c += a b. columns is a multiple of 16; rows is at most 64, and a multiple of 16 unless a.step
/// is 1; depth is at most 256. c has rows up to a multiple of 16; those past `rows` stay as they are (+=) or
/// become zeros (=).
inline void multiply_pairs(int rows, int columns, int depth, Left a, Right b, Out c, bool add) {
  alignas(64) uint32_t left[kPairRows * kPairDepth / 2], right[kPairDepth / 2 * kPairColumns];
  const int pairs = (depth + 2 * kPanel - 1) / (2 * kPanel) * kPanel;
  const int used = kHasTiles ? pairs : (depth + 1) / 2;
  const LeftOf<uint32_t> a_pairs = left_pairs(rows, depth, pairs, a, left);
  for (int j = 0; j < columns; j += kPairColumns) {
    const int width = columns - j < kPairColumns ? columns - j : kPairColumns;
    pair_columns(width, depth, used, {b.data + j / kPanel * b.panel, b.panel, b.row}, kPairColumns, right);
    const RightOf<uint32_t> b_pairs{right, kPanel, kPairColumns};
    const Out to{c.data + j, c.row};
#if defined(__AMX_BF16__) || defined(HEED_EMULATE_TILES)
    multiply_tiles(rows, width, used, a_pairs, b_pairs, to, add);
#else
    multiply_numbers<uint32_t>(rows, width, used, a_pairs, b_pairs, to, add);
#endif
  }
}

#else
constexpr bool kHasPairs = false;

inline void multiply_pairs(int rows, int columns, int depth, Left a, Right b, Out c, bool add) {
  multiply(rows, columns, depth, a, b, c, add);
}

#endif

}  // namespace
}  // namespace heed::kernels
