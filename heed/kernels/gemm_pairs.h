// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/gemm_tiles.h"
#include "heed/kernels/matrix_pairs.h"

/// Products of gemm.h with a right operand in bfloat16, where an instruction multiplies pairs of bfloat16:
/// twice the arithmetic of float32. For files compiled once for each instruction set.
///
/// Two neighbours in the depth make a word. A strip lies pair after pair of its depth, in each the words of
/// its columns, so that it is read from its first byte to its last.
namespace heed::kernels {
namespace {

#if defined(__AVX512BF16__) || defined(HEED_EMULATE_PAIRS) || defined(HEED_EMULATE_TILES)
#define HEED_KERNELS_PAIRS

constexpr int kPairedRows = 6;

inline int64_t paired_columns(int64_t columns, int64_t strip) {
  return smaller(kGemmStrip, (columns + 31) / 32 * 32 - strip * kGemmStrip);
}

/// 16 columns of 16 pairs; what is past the depth or the columns is 0.
inline void pack_square(const GemmMatrix& right, int64_t depth, int64_t columns, int64_t pair, int64_t column,
                        uint32_t* square) {
  for (int64_t j = 0; j < kLanes; ++j) {
    float numbers[2 * kLanes] = {};
    if (column + j < columns) {
      const float* from = right.data + 2 * pair * right.row + (column + j) * right.column;
      const int64_t count = smaller(2 * kLanes, depth - 2 * pair);
      for (int64_t k = 0; k < count; ++k) numbers[k] = from[k * right.row];
    }
    store(square + j * kLanes, pair_neighbours(numbers));
  }
}

void paired_pack(const GemmMatrix& right, int64_t depth, int64_t columns, int64_t begin, int64_t end,
                 void* packed) noexcept {
  const int64_t pairs = (depth + 1) / 2;
  alignas(64) uint32_t square[kLanes * kLanes], turned[kLanes * kLanes];
  for (int64_t strip = begin; strip < end; ++strip) {
    uint32_t* to = static_cast<uint32_t*>(packed) + strip * kGemmStrip * pairs;
    const int64_t width = paired_columns(columns, strip);
    for (int64_t j = 0; j < width; j += kLanes) {
      for (int64_t p = 0; p < pairs; p += kLanes) {
        pack_square(right, depth, columns, p, strip * kGemmStrip + j, square);
        transpose_square(square, kLanes, turned, kLanes);
        const int64_t count = smaller(kLanes, pairs - p);
        for (int64_t n = 0; n < count; ++n) store(to + (p + n) * width + j, load(turned + n * kLanes));
      }
    }
  }
}

void paired_round(const float* from, int64_t stride, int64_t rows, int64_t depth, uint32_t* to) noexcept {
  for (int64_t i = 0; i < rows; ++i, from += stride) {
    for (int64_t k = 0; k < depth; k += 2 * kLanes, to += kLanes) {
      if (depth - k >= 2 * kLanes) {
        store(to, pair_neighbours(from + k));
        continue;
      }
      float last[2 * kLanes] = {};
      for (int64_t n = 0; n < depth - k; ++n) last[n] = from[k + n];
      store(to, pair_neighbours(last));
    }
  }
}

/// R rows from row i and V vectors of columns of a strip.
template <int R, int V>
inline void paired_tile(const GemmProblem& p, int64_t i, int64_t strip, int64_t j) {
  const int64_t pairs = (p.depth + 1) / 2, row = rounded_words(p.depth),
                width = paired_columns(p.columns, strip);
  const uint32_t* left = p.rounded + i * row;
  const uint32_t* right = static_cast<const uint32_t*>(p.packed) + strip * kGemmStrip * pairs + j;
  Floats sums[R][V] = {};
  for (int64_t k = 0; k < pairs; ++k, right += width) {
    Words words[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) words[v] = load(right + v * kLanes);
#pragma GCC unroll 6
    for (int r = 0; r < R; ++r) {
      const Words x = splat(left[r * row + k]);
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) sums[r][v] = multiply_add(x, words[v], sums[r][v]);
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < V; ++v) {
      const int64_t column = strip * kGemmStrip + j + v * kLanes;
      if (column >= p.columns) break;
      const int count = static_cast<int>(smaller(kLanes, p.columns - column));
      const Floats bias = p.bias ? load_some(p.bias + column, count) : Floats{};
      store_some(p.result + (i + r) * p.result_row + column, bias + sums[r][v], count);
    }
  }
}

template <int R>
inline void paired_rows(const GemmProblem& p, int64_t i, int64_t strip) {
  const int64_t width = paired_columns(p.columns, strip);
  if (width == kGemmStrip) return paired_tile<R, 4>(p, i, strip, 0);
  for (int64_t j = 0; j < width; j += 2 * kLanes) paired_tile<R, 2>(p, i, strip, j);
}

/// The rows from row i on, fewer than kPairedRows.
template <int R = 1>
inline void paired_rest(const GemmProblem& p, int64_t i, int64_t row_end, int64_t strip) {
  if constexpr (R < kPairedRows) {
    if (row_end - i == R) return paired_rows<R>(p, i, strip);
    paired_rest<R + 1>(p, i, row_end, strip);
  }
}

/// Every row meets a strip while it is in the cache. Seven or eight rows are two tiles of about the same
/// size, for one of two rows would wait.
void paired_multiply(const GemmProblem& p, int64_t row_begin, int64_t row_end, int64_t begin, int64_t end,
                     float* /*scratch*/) noexcept {
  for (int64_t strip = begin; strip < end; ++strip) {
    int64_t i = row_begin;
    for (; row_end - i > kPairedRows + 2 || row_end - i == kPairedRows; i += kPairedRows)
      paired_rows<kPairedRows>(p, i, strip);
    if (row_end - i > kPairedRows) {
      paired_rows<4>(p, i, strip);
      i += 4;
    }
    paired_rest(p, i, row_end, strip);
  }
}

#endif

}  // namespace
}  // namespace heed::kernels
