// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/dropout.h"
#include "heed/kernels/dropout_hash.h"
#include "heed/kernels/simd.h"

namespace heed::kernels {
namespace {

inline void dropout_apply(const DropoutProblem& p, int64_t begin, int64_t end) noexcept {
  Words index;
  for (int j = 0; j < kLanes; ++j) index[j] = static_cast<uint32_t>(begin) + j;
  const Words threshold = p.threshold - Words{};
  const Floats scale = splat(p.scale);
  int64_t i = begin;
  for (; i + kLanes <= end; i += kLanes, index += kLanes) {
    const Ints keep = dropout_hash(index, p.key) >= threshold;
    Floats x = select(keep, load(p.from + i) * scale, Floats{});
    if (p.add) x += load(p.add + i);
    store(p.to + i, x);
  }
  for (; i < end; ++i) {
    const bool keep = dropout_hash(static_cast<uint32_t>(i), p.key) >= p.threshold;
    const float x = keep ? p.from[i] * p.scale : 0;
    p.to[i] = p.add ? x + p.add[i] : x;
  }
}

constexpr DropoutKernels dropout_kernels() {
  return {dropout_apply};
}

}  // namespace
}  // namespace heed::kernels
