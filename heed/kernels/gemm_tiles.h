// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/gemm.h"
#include "heed/kernels/matrix.h"

/// The part of gemm.h that stays in registers. For files compiled once for each instruction set.
namespace heed::kernels {
namespace {

inline int64_t smaller(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/// How the right operand is packed in numbers of a type: float, or uint32_t for two bfloat16.
///
/// A panel is the least that a tile takes. Row k of a panel lies in one piece. With AVX-512 the panels of a
/// strip lie side by side too, so that a strip is read from its first byte to its last; narrower vectors take
/// one panel at a time, whose block of the depth must fit the first cache.
template <class Number>
struct Panels;

template <>
struct Panels<float> {
  static constexpr int kColumns = 16;
  static constexpr int kNumbers = 16;  ///< of a row
};

/// Word i of a vector holds column i in its low half and column kLanes + i in its high half: both widen by
/// one operation.
template <>
struct Panels<uint32_t> {
  static constexpr int kColumns = kLanes == 16 ? 32 : 16;
  static constexpr int kNumbers = kColumns / 2;
};

template <class Number>
constexpr int kStripPanels = static_cast<int>(kGemmStrip) / Panels<Number>::kColumns;
template <class Number>
constexpr int kPanelVectors = Panels<Number>::kColumns / kLanes;
constexpr bool kInterleaved = kLanes == 16;

/// A strip of a packed matrix, from depth k on.
template <class Number>
inline RightOf<Number> packed_strip(const Number* packed, int64_t columns, int64_t depth, int64_t strip,
                                    int64_t k) {
  constexpr int64_t kNumbers = Panels<Number>::kNumbers;
  const Number* begin = packed + strip * kStripPanels<Number> * kNumbers * depth;
  if (!kInterleaved) return {begin + k * kNumbers, kNumbers * depth, kNumbers};
  const int64_t width = smaller(kGemmStrip, columns - strip * kGemmStrip);
  const int64_t row = (width + Panels<Number>::kColumns - 1) / Panels<Number>::kColumns * kNumbers;
  return {begin + k * row, kNumbers, row};
}

inline Floats low_half(Words x) {
  return reinterpret_cast<Floats>(x << 16);
}
inline Floats high_half(Words x) {
  return reinterpret_cast<Floats>(x & splat(kHighHalf));
}

/// A row of a panel, in float32.
inline void load_panel(const float* from, Floats* columns) {
#pragma GCC unroll 4
  for (int v = 0; v < kPanelVectors<float>; ++v) columns[v] = load(from + v * kLanes);
}
inline void load_panel(const uint32_t* from, Floats* columns) {
#pragma GCC unroll 4
  for (int v = 0; v < kPanelVectors<uint32_t>; v += 2) {
    const Words pairs = load(from + v / 2 * kLanes);
    columns[v] = low_half(pairs);
    columns[v + 1] = high_half(pairs);
  }
}

/// Bytes of a row of P panels.
template <class Number, int P>
constexpr int kRowBytes = P* Panels<Number>::kNumbers * 4;

/// Bytes between what one or two rows multiply and what is fetched for them: they wait for memory alone, and the
/// processor's own prefetching ends with each page.
constexpr int kFewRowsAhead = 4096;

/// c = start + a b for R rows and P panels of columns, start's rows `start_row` apart (0: one row for all).
/// Meanwhile half as many bytes as are read of b are fetched from `ahead` on, null: nothing is.
template <class Number, int R, int P, bool Fetch>
inline void gemm_tile(int64_t depth, Left a, RightOf<Number> b, const float* start, int64_t start_row, Out c,
                      const char* ahead) {
  constexpr int V = P * kPanelVectors<Number>;
  Floats sums[R][V] = {};
  const float* left = a.data;
  const Number* right = b.data;
  for (int64_t k = 0; k < depth; ++k, left += a.step, right += b.row) {
    if constexpr (Fetch) {
#pragma GCC unroll 4
      for (int line = 0; line < kRowBytes<Number, P> / 2; line += 64) __builtin_prefetch(ahead + line, 0, 2);
      ahead += kRowBytes<Number, P> / 2;
    }
    if constexpr (!Fetch && R <= 2 && kInterleaved) {
      const char* soon = reinterpret_cast<const char*>(right) + kFewRowsAhead;
#pragma GCC unroll 4
      for (int line = 0; line < kRowBytes<Number, P>; line += 64) __builtin_prefetch(soon + line, 0, 3);
    }
    Floats columns[V];
#pragma GCC unroll 16
    for (int p = 0; p < P; ++p) load_panel(right + p * b.panel, columns + p * kPanelVectors<Number>);
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

}  // namespace
}  // namespace heed::kernels
