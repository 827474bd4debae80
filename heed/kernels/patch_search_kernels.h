// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/patch_search.h"
#include "heed/kernels/simd.h"

/// patch_search.h for files compiled once for each instruction set.
namespace heed::kernels {
namespace {

constexpr int kSearchVectors = 4;
constexpr int64_t kSearchBlock = kSearchVectors * kLanes;
constexpr int64_t kSearchTaps = 8;  ///< between two tests whether a block is still of interest

/// Distances of a block; false, with unfinished sums, once all of them are above the bound.
inline bool search_block(const PatchSearchProblem& p, const float* texture, float bound,
                         Floats (&distance)[kSearchVectors]) {
  for (Floats& part : distance) part = Floats{};
  for (int64_t begin = 0; begin < p.taps; begin += kSearchTaps) {
    const int64_t end = begin + kSearchTaps < p.taps ? begin + kSearchTaps : p.taps;
    for (int64_t t = begin; t < end; ++t) {
      const float* from = texture + p.offset[t];
      const Floats value = splat(p.value[t]), weight = splat(p.weight[t]);
      for (int v = 0; v < kSearchVectors; ++v) {
        const Floats difference = load(from + v * kLanes) - value;
        distance[v] = multiply_add(difference * difference, weight, distance[v]);
      }
    }
    Floats least = distance[0];
    for (int v = 1; v < kSearchVectors; ++v) least = least < distance[v] ? least : distance[v];
    const Ints near = least <= splat(bound);
    int32_t any = 0;
    for (int i = 0; i < kLanes; ++i) any |= near[i];
    if (any == 0) return false;
  }
  return true;
}

inline void search_patches(const PatchSearchProblem& p, PatchSearchResult& result) noexcept {
  float bound = p.bound, best = kInfinity;
  result.blocks = 0;
  for (int64_t row = 0; row < p.rows; ++row) {
    for (int64_t column = 0; column < p.columns; column += kSearchBlock) {
      Floats distance[kSearchVectors];
      if (!search_block(p, p.texture + row * p.stride + column, bound, distance)) continue;
      float* to = result.distance + result.blocks * kSearchBlock;
      for (int v = 0; v < kSearchVectors; ++v) store(to + v * kLanes, distance[v]);
      for (int64_t i = p.columns - column; i < kSearchBlock; ++i) to[i] = kInfinity;
      result.first[result.blocks++] = row * p.columns + column;
      for (int64_t i = 0; i < kSearchBlock; ++i) best = to[i] < best ? to[i] : best;
      bound = best * p.tolerance < bound ? best * p.tolerance : bound;
    }
  }
  result.best = best;
}

constexpr PatchSearchKernels patch_search_kernels() {
  return {kSearchBlock, search_patches};
}

}  // namespace
}  // namespace heed::kernels
