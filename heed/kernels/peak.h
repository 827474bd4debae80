// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/isa_row.h"
#include "heed/kernels/simd.h"

/// The peak rates of a core: float32 multiply-adds between registers only, and reading memory only. For files
/// compiled once for each instruction set.
namespace heed::kernels {
namespace {

/// Independent chains: enough to hide the latency, and few enough for the registers of every instruction set.
constexpr int kPeakChains = 12;

inline float multiply_adds(int64_t rounds, float factor) noexcept {
  Floats chains[kPeakChains];
  for (int i = 0; i < kPeakChains; ++i) chains[i] = splat(factor * static_cast<float>(i));
  const Floats x = splat(factor);
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kPeakChains; ++i) chains[i] = chains[i] * x + x;
  }
  Floats total{};
  for (const Floats& chain : chains) total += chain;
  return sum(total);
}

inline float read_floats(const float* from, int64_t count) noexcept {
  constexpr int kStreams = 8;
  Floats sums[kStreams] = {};
  int64_t i = 0;
  for (; i + kStreams * kLanes <= count; i += kStreams * kLanes) {
#pragma GCC unroll 8
    for (int s = 0; s < kStreams; ++s) sums[s] += load(from + i + s * kLanes);
  }
  Floats total{};
  for (const Floats& one : sums) total += one;
  return sum(total);
}

constexpr PeakKernel peak_kernel() {
  return {multiply_adds, int64_t{2} * kPeakChains * kLanes, read_floats};
}

}  // namespace
}  // namespace heed::kernels
