// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/matrix.h"

/// Pairs of bfloat16: two numbers that are neighbours in a product's depth, the first in the low half of a
/// word. AVX-512 BF16 and AMX multiply them; other instruction sets compute the same by shifts, so that any
/// machine can test it. For files compiled once for each instruction set, with vectors of 16.
namespace heed::kernels {
namespace {

#if HEED_SIMD_FLOATS == 16

#if defined(__AVX512BF16__)

/// Word i is the numbers i of `first` and `second`, rounded to nearest even. Subnormal numbers become 0.
inline Words pair(Floats first, Floats second) {
  typedef int16_t Halves __attribute__((vector_size(64)));
  const Halves order{0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                     8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const auto both = reinterpret_cast<__m512i>(
      _mm512_cvtne2ps_pbh(reinterpret_cast<__m512>(second), reinterpret_cast<__m512>(first)));
  return reinterpret_cast<Words>(_mm512_permutexvar_epi16(reinterpret_cast<__m512i>(order), both));
}

/// Word i is the numbers 2 i and 2 i + 1 of 32.
inline Words pair_neighbours(const float* from) {
  return reinterpret_cast<Words>(_mm512_cvtne2ps_pbh(reinterpret_cast<__m512>(load(from + kLanes)),
                                                     reinterpret_cast<__m512>(load(from))));
}

#else

/// Rounds to nearest even, in the high half. NaN stays NaN: the mantissa of an arithmetic NaN can round up.
inline Words rounded(Floats x) {
  const Words bits = reinterpret_cast<Words>(x);
  return (bits + splat(0x7fffu) + ((bits >> 16) & splat(1u))) & splat(kHighHalf);
}

inline Words pair(Floats first, Floats second) {
  return rounded(first) >> 16 | rounded(second);
}

inline Words pair_neighbours(const float* from) {
  const Ints even{0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30};
  const Floats low = load(from), high = load(from + kLanes);
  return pair(__builtin_shuffle(low, high, even), __builtin_shuffle(low, high, even + splat(int32_t{1})));
}

#endif

/// Contiguous words of a right operand: the columns that are packed at a time.
constexpr int kPairColumns = 64;

/// Row by row: to[i][pairs] from a(i, 2 p) and a(i, 2 p + 1), zeros past `depth` and in rows up to a multiple
/// of 16. a.step is 1; pairs is a multiple of 16.
inline void pair_rows(int rows, int depth, int pairs, Left a, uint32_t* to) {
  for (int i = 0; i < (rows + kPanel - 1) / kPanel * kPanel; ++i) {
    const float* from = a.data + i * a.row;
    for (int p = 0; p < pairs; p += kLanes, to += kLanes) {
      const int left = i < rows ? depth - 2 * p : 0;
      if (left >= 2 * kLanes) {
        store(to, pair_neighbours(from + 2 * p));
        continue;
      }
      float last[2 * kLanes] = {};
      for (int k = 0; k < left; ++k) last[k] = from[2 * p + k];
      store(to, pair_neighbours(last));
    }
  }
}

/// Column by column: to[p * row + j] from b(2 p, j) and b(2 p + 1, j), zeros past `depth`. columns is a
/// multiple of 16.
inline void pair_columns(int columns, int depth, int pairs, Right b, int64_t row, uint32_t* to) {
  for (int p = 0; p < pairs; ++p, to += row) {
    for (int j = 0; j < columns; j += kLanes) {
      const float* from = b.data + j / kPanel * b.panel + 2 * p * b.row;
      const Floats first = 2 * p < depth ? load(from) : Floats{};
      const Floats second = 2 * p + 1 < depth ? load(from + b.row) : Floats{};
      store(to + j, pair(first, second));
    }
  }
}

/// to[j * to_row + i] = from[i * from_row + j] for 16 x 16 words.
inline void transpose_square(const uint32_t* from, int64_t from_row, uint32_t* to, int64_t to_row) {
  Words row[16];
  for (int i = 0; i < 16; ++i) row[i] = load(from + i * from_row);
  const Words lane{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#pragma GCC unroll 4
  // Swaps the off-diagonal quarters of smaller and smaller squares.
  for (uint32_t half = 8; half > 0; half /= 2) {
    const Words upper = reinterpret_cast<Words>((lane & splat(half)) != splat(0u));
    const Words first = lane + (upper & splat(16 - half)),
                second = lane + splat(half) + (upper & splat(16 - half));
#pragma GCC unroll 16
    for (uint32_t i = 0; i < 16; ++i) {
      if (i & half) continue;
      const Words a = row[i], b = row[i + half];
      row[i] = __builtin_shuffle(a, b, first);
      row[i + half] = __builtin_shuffle(a, b, second);
    }
  }
  for (int i = 0; i < 16; ++i) store(to + i * to_row, row[i]);
}

#endif

}  // namespace
}  // namespace heed::kernels
