// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/layer_norm.h"
#include "heed/kernels/simd.h"

/// layer_norm.h for files compiled once for each instruction set.
namespace heed::kernels {
namespace {

inline void layer_norm_row(const LayerNormProblem& p, int64_t row) {
  const float* from = p.from + row * p.count;
  float* to = p.to + row * p.count;
  const float share = 1.0f / static_cast<float>(p.count);
  Floats total{};
  for_vectors(p.count, [&](int64_t i, int some) {
    Floats x = load_some(from + i, some);
    if (p.added) x += load_some(p.added + row * p.count + i, some);
    if (p.sum) store_some(p.sum + row * p.count + i, x, some);
    store_some(to + i, x, some);
    total += x;
  });
  const float mean = sum(total) * share;
  Floats squares{};
  for_vectors(p.count, [&](int64_t i, int some) {
    const Floats x = load_some(to + i, some, mean) - splat(mean);
    squares = multiply_add(x, x, squares);
  });
  const float deviation = __builtin_sqrtf(sum(squares) * share + p.epsilon);
  const Floats scale = splat(1.0f / deviation);
  for_vectors(p.count, [&](int64_t i, int some) {
    const Floats x = (load_some(to + i, some) - splat(mean)) * scale;
    store_some(to + i, multiply_add(x, load_some(p.weight + i, some), load_some(p.bias + i, some)), some);
  });
}

inline void layer_norm_forward(const LayerNormProblem& problem, int64_t begin, int64_t end) noexcept {
  for (int64_t row = begin; row < end; ++row) layer_norm_row(problem, row);
}

constexpr LayerNormKernels layer_norm_kernels() {
  return {layer_norm_forward};
}

}  // namespace
}  // namespace heed::kernels
