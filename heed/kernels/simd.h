// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#if defined(__AVX2__)  // AVX-512, too
#include <immintrin.h>
#endif

/// Vectors of HEED_SIMD_FLOATS numbers, for the files that are compiled once for each instruction set (see
/// heed_kernels_for in CMakeLists.txt). Only such files include this, and everything here has internal
/// linkage: code compiled for one instruction set must never be linked into code that runs everywhere. For
/// the same reason it uses no standard library beyond <cstdint>.
#ifndef HEED_SIMD_FLOATS
#error "heed/kernels/simd.h is for files compiled for one instruction set"
#endif

namespace heed::kernels {
namespace {

constexpr int kLanes = HEED_SIMD_FLOATS;
constexpr float kInfinity = __builtin_huge_valf();

typedef float Floats __attribute__((vector_size(4 * HEED_SIMD_FLOATS)));
typedef int32_t Ints __attribute__((vector_size(4 * HEED_SIMD_FLOATS)));
typedef uint32_t Words __attribute__((vector_size(4 * HEED_SIMD_FLOATS)));
typedef uint16_t Shorts __attribute__((vector_size(2 * HEED_SIMD_FLOATS)));
// The same for any address.
typedef float FloatsAnywhere __attribute__((vector_size(4 * HEED_SIMD_FLOATS), aligned(4), may_alias));
typedef int32_t IntsAnywhere __attribute__((vector_size(4 * HEED_SIMD_FLOATS), aligned(4), may_alias));
typedef uint32_t WordsAnywhere __attribute__((vector_size(4 * HEED_SIMD_FLOATS), aligned(4), may_alias));
typedef uint16_t ShortsAnywhere __attribute__((vector_size(2 * HEED_SIMD_FLOATS), aligned(2), may_alias));

inline Floats load(const float* from) {
  return *reinterpret_cast<const FloatsAnywhere*>(from);
}
inline void store(float* to, Floats x) {
  *reinterpret_cast<FloatsAnywhere*>(to) = x;
}
inline Ints load(const int32_t* from) {
  return *reinterpret_cast<const IntsAnywhere*>(from);
}
inline Words load(const uint32_t* from) {
  return *reinterpret_cast<const WordsAnywhere*>(from);
}
inline void store(uint32_t* to, Words x) {
  *reinterpret_cast<WordsAnywhere*>(to) = x;
}
inline Floats splat(float x) {
  return x - Floats{};
}
inline Words splat(uint32_t x) {
  return x - Words{};
}
inline Ints splat(int32_t x) {
  return x - Ints{};
}
inline Floats as_floats(Ints x) {
  return reinterpret_cast<Floats>(x);
}
inline Ints as_ints(Floats x) {
  return reinterpret_cast<Ints>(x);
}

/// a b + c, rounded once if the instruction set can.
inline Floats multiply_add(Floats a, Floats b, Floats c) {
  return a * b + c;
}
inline Floats maximum(Floats a, Floats b) {
  return a > b ? a : b;
}
/// x if `condition` (all ones or all zeros in each lane), otherwise y.
inline Floats select(Ints condition, Floats x, Floats y) {
  return condition ? x : y;
}

inline void fill(float* to, int64_t count, float x) {
  for (int64_t i = 0; i < count; ++i) to[i] = x;
}

/// Calls work(j, count) for every vector of a row; its first `count` numbers belong to the row.
template <class Work>
inline void for_vectors(int64_t numbers, const Work& work) {
  for (int64_t j = 0; j < numbers; j += kLanes)
    work(j, numbers - j < kLanes ? static_cast<int>(numbers - j) : kLanes);
}

#if defined(__AVX512F__)
inline __mmask16 first_lanes(int count) {
  return static_cast<__mmask16>((1u << count) - 1);
}
#elif defined(__AVX2__)
inline Ints first_lanes(int count) {
  return Ints{0, 1, 2, 3, 4, 5, 6, 7} < splat(count);
}
#endif

/// The first `count` numbers, and `filling` in the other lanes.
inline Floats load_some(const float* from, int count, float filling = 0) {
  if (count == kLanes) return load(from);
#if defined(__AVX512F__)
  return _mm512_mask_loadu_ps(splat(filling), first_lanes(count), from);
#elif defined(__AVX2__)
  const Ints some = first_lanes(count);
  return select(some, _mm256_maskload_ps(from, reinterpret_cast<__m256i>(some)), splat(filling));
#else
  Floats x = splat(filling);
  for (int i = 0; i < count; ++i) x[i] = from[i];
  return x;
#endif
}

inline void store_some(float* to, Floats x, int count) {
  if (count == kLanes) return store(to, x);
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, first_lanes(count), x);
#elif defined(__AVX2__)
  _mm256_maskstore_ps(to, reinterpret_cast<__m256i>(first_lanes(count)), x);
#else
  for (int i = 0; i < count; ++i) to[i] = x[i];
#endif
}

/// The sum of all lanes, by quarters: one lane after the other would wait for each addition.
typedef float Quarter __attribute__((vector_size(16)));
template <class Join>
inline float fold(Floats x, const Join& join) {
  Quarter parts[kLanes / 4];
  __builtin_memcpy(parts, &x, sizeof x);
  Quarter all = parts[0];
  for (int i = 1; i < kLanes / 4; ++i) all = join(all, parts[i]);
  const Quarter turned = {all[2], all[3], all[0], all[1]};
  const Quarter half = join(all, turned);
  const Quarter swapped = {half[1], half[0], half[3], half[2]};
  return join(half, swapped)[0];
}
inline float sum(Floats x) {
  return fold(x, [](Quarter a, Quarter b) { return a + b; });
}
/// The sums of the lanes of four vectors, at once.
inline Quarter sums(const Floats (&vectors)[4]) {
  Quarter part[4];
  for (int v = 0; v < 4; ++v) {
    Quarter quarters[kLanes / 4];
    __builtin_memcpy(quarters, &vectors[v], sizeof vectors[v]);
    part[v] = quarters[0];
    for (int i = 1; i < kLanes / 4; ++i) part[v] += quarters[i];
  }
  const auto pairs = [](Quarter a, Quarter b) {  // a0 + a1, b0 + b1, a2 + a3, b2 + b3
    return __builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7);
  };
  const Quarter first = pairs(part[0], part[1]), second = pairs(part[2], part[3]);
  return __builtin_shufflevector(first, second, 0, 1, 4, 5) +
         __builtin_shufflevector(first, second, 2, 3, 6, 7);
}
inline float largest(Floats x) {
  return fold(x, [](Quarter a, Quarter b) { return a > b ? a : b; });
}

/// e^x for x <= 88, within 2 units in the last place; 0 below -87.3 (and for -infinity).
inline Floats exponential(Floats x) {
  // x = n ln 2 + r with |r| <= ln 2 / 2; the magic number rounds x / ln 2 to an integer in its low bits.
  const Floats magic = splat(12582912.0f);  // 1.5 * 2^23
  const Ints tiny = x < splat(-87.3f);
  x = select(tiny, splat(-87.3f), x);
  const Floats shifted = x * splat(1.44269504088896341f) + magic;
  const Floats n = shifted - magic;
  Floats r = x - n * splat(0.693359375f);
  r = r + n * splat(2.12194440e-4f);
  Floats p = splat(1.9875691500e-4f);
  p = p * r + splat(1.3981999507e-3f);
  p = p * r + splat(8.3334519073e-3f);
  p = p * r + splat(4.1665795894e-2f);
  p = p * r + splat(1.6666665459e-1f);
  p = p * r + splat(5.0000001201e-1f);
  const Floats e = p * (r * r) + r + splat(1.0f);
  const Floats scaled = as_floats(as_ints(e) + (as_ints(shifted) << 23));
  return select(tiny, Floats{}, scaled);
}

/// ln x of a normal number.
inline Floats logarithm(Floats x) {
  // x = 2^n m with m in [sqrt(1/2), sqrt(2)); ln m = 2 artanh((m - 1) / (m + 1)).
  const Ints bits = as_ints(x) - 0x3f3504f3;
  const Ints n = bits >> 23;
  const Floats m = as_floats((bits & 0x7fffff) + 0x3f3504f3);
  const Floats z = (m - 1.0f) / (m + 1.0f), z2 = z * z;
  Floats series = splat(0.2222222f);
  series = series * z2 + 0.2857142857f;
  series = series * z2 + 0.4f;
  series = series * z2 + 0.6666666667f;
  series = series * z2 + 2.0f;
  return __builtin_convertvector(n, Floats) * 0.69314718056f + series * z;
}

// bfloat16, as its 16 bits.

inline float from_bfloat16(uint16_t bits) {
  const uint32_t word = static_cast<uint32_t>(bits) << 16;
  float x;
  __builtin_memcpy(&x, &word, 4);
  return x;
}

/// Rounds to nearest even; NaN stays NaN.
inline uint16_t to_bfloat16(float x) {
  uint32_t word;
  __builtin_memcpy(&word, &x, 4);
  if (x != x) return static_cast<uint16_t>((word >> 16) | 0x40);
  return static_cast<uint16_t>((word + 0x7fff + ((word >> 16) & 1)) >> 16);
}

constexpr uint32_t kHighHalf = 0xffff0000;

/// a b + c over both halves of words of two bfloat16 each.
inline Floats multiply_add(Words a, Words b, Floats c) {
#if defined(__AVX512BF16__)
  return reinterpret_cast<Floats>(_mm512_dpbf16_ps(reinterpret_cast<__m512>(c), reinterpret_cast<__m512bh>(a),
                                                   reinterpret_cast<__m512bh>(b)));
#else
  const auto low = [](Words x) { return reinterpret_cast<Floats>(x << 16); };
  const auto high = [](Words x) { return reinterpret_cast<Floats>(x & splat(kHighHalf)); };
  return low(a) * low(b) + (high(a) * high(b) + c);
#endif
}

}  // namespace
}  // namespace heed::kernels
