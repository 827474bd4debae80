// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/int8_gemm.h"
#include "heed/kernels/simd.h"
#if defined(__AVX2__)
#include <immintrin.h>
#endif

/// The body of int8_gemm.h. For files compiled once for each instruction set.
namespace heed::kernels {
namespace {

/// sums + the products of each lane's four weights with the four bytes of `left`. A pair of products is at
/// most 2 * 127 * 127: it fits the 16 bits that AVX2 and AVX-512 keep it in.
inline Ints int8_dot(Ints sums, uint32_t left, Ints weights) {
#if defined(__AVX512VNNI__)
  return reinterpret_cast<Ints>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sums),
                                                    _mm512_set1_epi32(static_cast<int>(left)),
                                                    reinterpret_cast<__m512i>(weights)));
#elif defined(__AVX512BW__)
  const __m512i pairs =
      _mm512_maddubs_epi16(_mm512_set1_epi32(static_cast<int>(left)), reinterpret_cast<__m512i>(weights));
  return sums + reinterpret_cast<Ints>(_mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
#elif defined(__AVX2__)
  const __m256i pairs =
      _mm256_maddubs_epi16(_mm256_set1_epi32(static_cast<int>(left)), reinterpret_cast<__m256i>(weights));
  return sums + reinterpret_cast<Ints>(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
#else
  for (int byte = 0; byte < 4; ++byte) {
    const Ints weight = (weights << (24 - 8 * byte)) >> 24;
    sums += weight * splat(static_cast<int32_t>(left >> (8 * byte) & 0xff));
  }
  return sums;
#endif
}

constexpr int kInt8Rows = kLanes == 16 ? 6 : kLanes == 8 ? 4 : 2;
constexpr int kInt8Vectors = kInt8Panel / kLanes;  ///< of a panel
/// Side by side in a group: with AVX-512 a strip is one stream from its first byte to its last.
constexpr int kInt8Together = kLanes == 16 ? 4 : 1;

inline Ints load_ints(const int8_t* from) {
  return *reinterpret_cast<const IntsAnywhere*>(from);
}

/// What a tile's sums stand for, written to its rows from `column` on.
template <int R, int V>
inline void int8_store(const Int8Problem& p, int64_t i, int64_t column, const Ints (&sums)[R][V]) {
  for (int r = 0; r < R; ++r) {
    const Floats row_scale = splat(p.row_scale[i + r]);
    for (int v = 0; v < V; ++v) {
      const int64_t at = column + v * kLanes;
      if (at >= p.columns) break;
      const int count = p.columns - at < kLanes ? static_cast<int>(p.columns - at) : kLanes;
      const Floats sum = __builtin_convertvector(sums[r][v] - load(p.offset + at), Floats);
      const Floats scaled = sum * (row_scale * load(p.column_scale + at));
      const Floats bias = p.bias ? load_some(p.bias + at, count) : Floats{};
      store_some(p.result + (i + r) * p.columns + at, scaled + bias, count);
    }
  }
}

/// R rows from row i and P panels that lie side by side, from `column` on.
template <int R, int P>
inline void int8_tile(const Int8Problem& p, int64_t i, int64_t column) {
  constexpr int V = P * kInt8Vectors;
  const int64_t depth = int8_depth(p.depth);
  const uint8_t* left = p.left + i * depth;
  const auto [packed, step] = int8_column(p.packed, p.depth, p.columns, kInt8Together, column);
  const int8_t* right = packed;
  Ints sums[R][V] = {};
  for (int64_t k = 0; k < depth; k += kInt8Group, right += step) {
    Ints weights[V];
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) weights[v] = load_ints(right + v * kLanes * kInt8Group);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      uint32_t group;
      __builtin_memcpy(&group, left + r * depth + k, 4);
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) sums[r][v] = int8_dot(sums[r][v], group, weights[v]);
    }
  }
  int8_store(p, i, column, sums);
}

/// R rows of columns begin..end, P panels at a time.
template <int R, int P = kInt8Together>
inline void int8_rows(const Int8Problem& p, int64_t i, int64_t begin, int64_t end) {
  for (; begin + (P - 1) * kInt8Panel < end; begin += P * kInt8Panel) int8_tile<R, P>(p, i, begin);
  if constexpr (P > 1) {
    if (begin < end) int8_rows<R, P / 2>(p, i, begin, end);
  }
}

template <int R>
inline void int8_rest(const Int8Problem& p, int64_t i, int64_t row_end, int64_t begin, int64_t end) {
  if constexpr (R < kInt8Rows) {
    if (row_end - i == R) return int8_rows<R>(p, i, begin, end);
    int8_rest<R + 1>(p, i, row_end, begin, end);
  }
}

/// Some strips stay in the second cache while every row meets them.
void int8_multiply(const Int8Problem& p, int64_t row_begin, int64_t row_end, int64_t strip_begin,
                   int64_t strip_end) noexcept {
  constexpr int64_t kCached = 1 << 17;
  const int64_t strip = int8_depth(p.depth) * kInt8Strip;
  const int64_t together = kCached > strip ? kCached / strip * kInt8Strip : kInt8Strip;
  const int64_t stop = strip_end * kInt8Strip < p.columns ? strip_end * kInt8Strip : p.columns;
  for (int64_t begin = strip_begin * kInt8Strip; begin < stop; begin += together) {
    const int64_t end = begin + together < stop ? begin + together : stop;
    int64_t i = row_begin;
    for (; i + kInt8Rows <= row_end; i += kInt8Rows) {
      if (const int64_t left = row_end - i; kLanes == 16 && (left == 7 || left == 8)) break;
      int8_rows<kInt8Rows>(p, i, begin, end);
    }
    if constexpr (kLanes == 16) {  // beside six rows, a tile of one or two would wait for its weights
      if (row_end - i == 8) int8_rows<8, 2>(p, i, begin, end);
      if (row_end - i == 7) int8_rows<7, 2>(p, i, begin, end);
    }
    int8_rest<1>(p, i, row_end, begin, end);
  }
}

typedef uint8_t BytesAnywhere __attribute__((vector_size(HEED_SIMD_FLOATS), aligned(1), may_alias));

inline void store_levels(uint8_t* to, Ints levels, int count) {
  const auto bytes = __builtin_convertvector(levels & splat(0xff), BytesAnywhere);
  if (count == kLanes) {
    *reinterpret_cast<BytesAnywhere*>(to) = bytes;
    return;
  }
  for (int n = 0; n < count; ++n) to[n] = bytes[n];
}

inline void int8_quantize_row(const float* from, int64_t depth, uint8_t* to, float* scale) {
  Floats most{}, nothing{};
  for_vectors(depth, [&](int64_t k, int count) {
    const Floats x = load_some(from + k, count);
    most = maximum(x < Floats{} ? -x : x, most);
    nothing += x * Floats{};
  });
  const float top = largest(most);
  *scale = top / 63 + sum(nothing);  // what is not finite shows
  const Floats inverse = splat(top > 0 ? 63 / top : 0);
  // The magic number rounds to an integer in its low bits.
  const Floats magic = splat(12582912.0f + kInt8Zero);  // 1.5 * 2^23 + 64
  for_vectors(depth, [&](int64_t k, int count) {
    store_levels(to + k, as_ints(load_some(from + k, count) * inverse + magic), count);
  });
  for (int64_t k = depth; k < int8_depth(depth); ++k) to[k] = 0;
}

void int8_quantize(const float* from, int64_t stride, int64_t depth, uint8_t* to, float* scale, int64_t begin,
                   int64_t end) noexcept {
  for (int64_t i = begin; i < end; ++i)
    int8_quantize_row(from + i * stride, depth, to + i * int8_depth(depth), scale + i);
}

constexpr Int8Kernels int8_kernels() {
  return {int8_quantize, int8_multiply, kInt8Together};
}

}  // namespace
}  // namespace heed::kernels
