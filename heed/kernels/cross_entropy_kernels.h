// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/cross_entropy.h"
#include "heed/kernels/simd.h"

/// cross_entropy.h for files compiled once for each instruction set.
namespace heed::kernels {
namespace {

/// Three passes over a row, which stays in the cache between them.
inline void cross_entropy_row(const CrossEntropyProblem& p, int64_t row) {
  float* logits = p.logits + row * p.classes;
  const float at_target = logits[p.target[row]];
  const float share = p.smoothing / static_cast<float>(p.classes);
  Floats most = splat(-kInfinity), plain{};
  for_vectors(p.classes, [&](int64_t j, int count) {
    most = maximum(load_some(logits + j, count, -kInfinity), most);
    plain += load_some(logits + j, count);
  });
  const float top = largest(most);
  Floats total{};
  for_vectors(p.classes, [&](int64_t j, int count) {
    const Floats e = exponential(load_some(logits + j, count, -kInfinity) - splat(top));
    if (p.gradient) store_some(logits + j, e, count);
    total += e;
  });
  p.total[row] = sum(total);
  p.rest[row] = top - (1 - p.smoothing) * at_target - share * sum(plain);
  if (!p.gradient) return;
  const Floats scale = splat(1 / p.total[row]), spread = splat(share);
  for_vectors(p.classes, [&](int64_t j, int count) {
    store_some(logits + j, load_some(logits + j, count) * scale - spread, count);
  });
  logits[p.target[row]] -= 1 - p.smoothing;
}

inline void cross_entropy(const CrossEntropyProblem& p, int64_t begin, int64_t end) noexcept {
  for (int64_t row = begin; row < end; ++row) cross_entropy_row(p, row);
}

constexpr CrossEntropyKernels cross_entropy_kernels() {
  return {cross_entropy};
}

}  // namespace
}  // namespace heed::kernels
