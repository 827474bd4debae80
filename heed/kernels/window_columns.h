// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/element.h"
#include "heed/kernels/simd.h"

/// From rows of numbers (the channels of a pixel are contiguous) to columns (the pixels of a channel are
/// contiguous) and back.
namespace heed::kernels {
namespace {

/// Squares of this many pixels and channels are transposed in registers.
constexpr int kSquare = kLanes < 8 ? 4 : 8;
typedef float Line __attribute__((vector_size(4 * kSquare)));
typedef int32_t LineIndex __attribute__((vector_size(4 * kSquare)));
typedef uint32_t LineWords __attribute__((vector_size(4 * kSquare)));
typedef uint16_t LineShorts __attribute__((vector_size(2 * kSquare)));
typedef float LineAnywhere __attribute__((vector_size(4 * kSquare), aligned(4), may_alias));
typedef uint16_t LineShortsAnywhere __attribute__((vector_size(2 * kSquare), aligned(2), may_alias));

/// Rows are far apart, where the hardware does not prefetch: the code does, this many rows ahead.
constexpr int kAhead = 24;

inline Line load_line(const float* from) {
  return *reinterpret_cast<const LineAnywhere*>(from);
}
inline Line load_line(const uint16_t* from) {
  const LineShorts bits = *reinterpret_cast<const LineShortsAnywhere*>(from);
  return reinterpret_cast<Line>(__builtin_convertvector(bits, LineWords) << 16);
}
inline void store_line(float* to, Line x) {
  *reinterpret_cast<LineAnywhere*>(to) = x;
}
inline void store_line(uint16_t* to, Line x) {
  const LineWords word = reinterpret_cast<LineWords>(x);
  const LineWords rounded = (word + 0x7fff + ((word >> 16) & 1)) >> 16;
  const LineWords bits = x == x ? rounded : ((word >> 16) | 0x40);  // NaN stays NaN
  *reinterpret_cast<LineShortsAnywhere*>(to) = __builtin_convertvector(bits, LineShorts);
}
inline float load_one(const float* from) {
  return *from;
}
inline float load_one(const uint16_t* from) {
  return from_bfloat16(*from);
}
inline void store_one(float* to, float x) {
  *to = x;
}
inline void store_one(uint16_t* to, float x) {
  *to = to_bfloat16(x);
}

#if HEED_SIMD_FLOATS < 8
inline void transpose(Line (&x)[kSquare]) {
  Line y[4];
  for (int i = 0; i < 4; i += 2) {
    y[i] = __builtin_shuffle(x[i], x[i + 1], LineIndex{0, 4, 1, 5});
    y[i + 1] = __builtin_shuffle(x[i], x[i + 1], LineIndex{2, 6, 3, 7});
  }
  for (int i = 0; i < 2; ++i) {
    x[2 * i] = __builtin_shuffle(y[i], y[i + 2], LineIndex{0, 1, 4, 5});
    x[2 * i + 1] = __builtin_shuffle(y[i], y[i + 2], LineIndex{2, 3, 6, 7});
  }
}
#else
inline void transpose(Line (&x)[kSquare]) {
  Line y[8], z[8];
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {  // pairs of rows
    y[i] = __builtin_shuffle(x[i], x[i + 1], LineIndex{0, 8, 1, 9, 4, 12, 5, 13});
    y[i + 1] = __builtin_shuffle(x[i], x[i + 1], LineIndex{2, 10, 3, 11, 6, 14, 7, 15});
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {  // fours
    const int at = i / 2 * 4 + i % 2;
    z[2 * i] = __builtin_shuffle(y[at], y[at + 2], LineIndex{0, 1, 8, 9, 4, 5, 12, 13});
    z[2 * i + 1] = __builtin_shuffle(y[at], y[at + 2], LineIndex{2, 3, 10, 11, 6, 7, 14, 15});
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {  // halves
    x[i] = __builtin_shuffle(z[i], z[i + 4], LineIndex{0, 1, 2, 3, 8, 9, 10, 11});
    x[i + 4] = __builtin_shuffle(z[i], z[i + 4], LineIndex{4, 5, 6, 7, 12, 13, 14, 15});
  }
}
#endif

/// to[c * step + i] = factor * number c of row i; rows begin `stride` elements apart. Zeros for rows from
/// `count` up to `places` and for numbers from head_dim up to `depth` (both multiples of kSquare).
template <typename T>
inline void read_columns(const T* from, int64_t stride, int count, int places, int head_dim, int depth,
                         float factor, float* to, int64_t step) {
  for (int i = 0; i < places; i += kSquare) {
    for (int c = 0; c < depth; c += kSquare) {
      Line square[kSquare] = {};
      if (i + kSquare <= count && c + kSquare <= head_dim) {
#pragma GCC unroll 8
        for (int r = 0; r < kSquare; ++r) {
          __builtin_prefetch(from + (i + r + kAhead) * stride + c);
          square[r] = load_line(from + (i + r) * stride + c) * factor;
        }
      } else {
        for (int r = 0; r < kSquare; ++r) {
          for (int n = 0; n < kSquare; ++n) {
            const bool there = i + r < count && c + n < head_dim;
            square[r][n] = there ? load_one(from + (i + r) * stride + c + n) * factor : 0.0f;
          }
        }
      }
      transpose(square);
#pragma GCC unroll 8
      for (int n = 0; n < kSquare; ++n) store_line(to + (c + n) * step + i, square[n]);
    }
  }
}

/// The inverse: number c of row i = from[c * step + i], for i < count and c < head_dim.
template <typename T>
inline void write_columns(const float* from, int64_t step, int count, int head_dim, T* to, int64_t stride) {
  for (int i = 0; i < count; i += kSquare) {
    for (int c = 0; c < head_dim; c += kSquare) {
      Line square[kSquare] = {};
#pragma GCC unroll 8
      for (int n = 0; n < kSquare; ++n) square[n] = load_line(from + (c + n) * step + i);
      transpose(square);
      if (i + kSquare <= count && c + kSquare <= head_dim) {
#pragma GCC unroll 8
        for (int r = 0; r < kSquare; ++r) store_line(to + (i + r) * stride + c, square[r]);
      } else {
        for (int r = 0; r < kSquare && i + r < count; ++r) {
          for (int n = 0; n < kSquare && c + n < head_dim; ++n)
            store_one(to + (i + r) * stride + c + n, square[r][n]);
        }
      }
    }
  }
}

/// Rows first, first + by, ... of a matrix of type Element.
inline void read_columns(Rows rows, Element element, int64_t first, int64_t by, int count, int places,
                         int head_dim, int depth, float factor, float* to, int64_t step) {
  const int64_t at = first * rows.stride, stride = by * rows.stride;
  if (element == Element::kFloat) {
    read_columns(static_cast<const float*>(rows.data) + at, stride, count, places, head_dim, depth, factor,
                 to, step);
  } else {
    read_columns(static_cast<const uint16_t*>(rows.data) + at, stride, count, places, head_dim, depth, factor,
                 to, step);
  }
}
inline void write_columns(const float* from, int64_t step, int count, int head_dim, Rows rows,
                          Element element, int64_t first, int64_t by) {
  const int64_t at = first * rows.stride, stride = by * rows.stride;
  if (element == Element::kFloat) {
    write_columns(from, step, count, head_dim, static_cast<float*>(rows.data) + at, stride);
  } else {
    write_columns(from, step, count, head_dim, static_cast<uint16_t*>(rows.data) + at, stride);
  }
}

}  // namespace
}  // namespace heed::kernels
