// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/logits.h"
#include "heed/kernels/simd.h"

/// logits.h for files compiled once for each instruction set.
namespace heed::kernels {
namespace {

/// Calls work(vector) for the vectors of a block, two at a time and filled up with -infinity.
template <class Work>
inline void for_block(const float* block, int64_t count, const Work& work) {
  int64_t j = 0;
  for (; j + 2 * kLanes <= count; j += 2 * kLanes) work(load(block + j), load(block + j + kLanes));
  const auto rest = [&](int64_t from) {
    const int64_t left = count - from;
    return left <= 0 ? splat(-kInfinity)
                     : load_some(block + from, left < kLanes ? static_cast<int>(left) : kLanes, -kInfinity);
  };
  if (j < count) work(rest(j), rest(j + kLanes));
}

inline void survey_logits(const LogitsProblem& p) noexcept {
  constexpr float kLowest = -0x1.fffffep127f;
  float top = kLowest;
  const auto for_blocks = [&](const auto& work) {
    for (int64_t begin = 0, i = 0; begin < p.count; begin += LogitsProblem::kBlock, ++i)
      work(i, p.logits + begin,
           p.count - begin < LogitsProblem::kBlock ? p.count - begin : LogitsProblem::kBlock);
  };
  for_blocks([&](int64_t i, const float* block, int64_t count) {
    Floats a = splat(-kInfinity), b = a;
    for_block(block, count, [&](Floats x, Floats y) { a = maximum(a, x), b = maximum(b, y); });
    const float most = largest(maximum(a, b));
    p.block_largest[i] = most;
    top = most > top ? most : top;
  });
  double total = 0;
  for_blocks([&](int64_t, const float* block, int64_t count) {
    Floats a{}, b{};
    for_block(block, count, [&](Floats x, Floats y) {
      a += exponential(x - splat(top));
      b += exponential(y - splat(top));
    });
    total += static_cast<double>(sum(a + b));
  });
  *p.largest = top;
  *p.total = total;
}

constexpr LogitsKernels logits_kernels() {
  return {survey_logits};
}

}  // namespace
}  // namespace heed::kernels
