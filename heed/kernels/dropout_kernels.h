// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/dropout.h"
#include "heed/kernels/dropout_hash.h"
#include "heed/kernels/simd.h"

namespace heed::kernels {
namespace {

/// The last elements use the same vector arithmetic as the others: rounding must not depend on how the work
/// is split between threads.
inline void dropout_apply(const DropoutProblem& p, int64_t begin, int64_t end) noexcept {
  Words index;
  for (int j = 0; j < kLanes; ++j) index[j] = static_cast<uint32_t>(begin) + j;
  const Words threshold = p.threshold - Words{};
  const Floats scale = splat(p.scale);
  for_vectors(end - begin, [&](int64_t j, int count) {
    const int64_t i = begin + j;
    const Ints keep = dropout_hash(index, p.key) >= threshold;
    Floats x = select(keep, load_some(p.from + i, count) * scale, Floats{});
    if (p.add) x += load_some(p.add + i, count);
    store_some(p.to + i, x, count);
    index += kLanes;
  });
}

constexpr DropoutKernels dropout_kernels() {
  return {dropout_apply};
}

}  // namespace
}  // namespace heed::kernels
