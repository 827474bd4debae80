// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/simd.h"

/// Numbers of either element type as float32 vectors, for files compiled once for each instruction set.
namespace heed::kernels {
namespace {

inline Floats load_numbers(const float* from) {
  return load(from);
}
inline Floats load_numbers(const uint16_t* from) {
  const auto bits = *reinterpret_cast<const ShortsAnywhere*>(from);
  return reinterpret_cast<Floats>(__builtin_convertvector(bits, Words) << 16);
}
inline float number(float x) {
  return x;
}
inline float number(uint16_t x) {
  return from_bfloat16(x);
}

/// The first `count` numbers, and zeros.
inline Floats load_numbers(const float* from, int count) {
  return load_some(from, count);
}
inline Floats load_numbers(const uint16_t* from, int count) {
  if (count == kLanes) return load_numbers(from);
  Floats x{};
  for (int i = 0; i < count; ++i) x[i] = number(from[i]);
  return x;
}

inline void store_numbers(float* to, Floats x, int count) {
  store_some(to, x, count);
}
inline void store_numbers(uint16_t* to, Floats x, int count) {
  for (int i = 0; i < count; ++i) to[i] = to_bfloat16(x[i]);
}

}  // namespace
}  // namespace heed::kernels
