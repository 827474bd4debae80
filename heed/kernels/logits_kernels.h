// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/logits.h"
#include "heed/kernels/simd.h"

/// logits.h for files compiled once for each instruction set.
namespace heed::kernels {
namespace {

/// Calls work(vector) for the vectors of a block, two at a time; -infinity fills up the last ones.
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

/// Calls work(index, block, count) for each block.
template <class Work>
inline void for_blocks(const float* logits, int64_t count, const Work& work) {
  for (int64_t begin = 0, i = 0; begin < count; begin += LogitsProblem::kBlock, ++i)
    work(i, logits + begin, count - begin < LogitsProblem::kBlock ? count - begin : LogitsProblem::kBlock);
}

/// Whether a condition is true in some lane.
inline bool any(Ints condition) {
  uint64_t pairs[kLanes / 2], all = 0;
  __builtin_memcpy(pairs, &condition, sizeof condition);
  for (const uint64_t pair : pairs) all |= pair;
  return all != 0;
}

inline Floats weights_of(const LogitsProblem& p, Floats logits) {
  return exponential((logits - splat(p.largest)) * splat(p.scale));
}

inline float survey_logits(const float* logits, int64_t count, float* block_largest) noexcept {
  float top = -kInfinity;
  Ints fine = splat(int32_t{-1});
  for_blocks(logits, count, [&](int64_t i, const float* block, int64_t size) {
    Floats a = splat(-kInfinity), b = a;
    for_block(block, size, [&](Floats x, Floats y) {
      a = maximum(a, x), b = maximum(b, y);
      fine &= (x < splat(kInfinity)) & (y < splat(kInfinity));  // false for NaN, which maximum() may drop
    });
    block_largest[i] = largest(maximum(a, b));
    top = block_largest[i] > top ? block_largest[i] : top;
  });
  return any(~fine) ? __builtin_nanf("") : top;
}

inline double sum_block_weights(const LogitsProblem& p, float threshold, float* block_sums) noexcept {
  double total = 0;
  for_blocks(p.logits, p.count, [&](int64_t i, const float* block, int64_t size) {
    Floats a{}, b{};
    if (p.block_largest[i] >= threshold)
      for_block(block, size, [&](Floats x, Floats y) {
        a += select(x >= splat(threshold), weights_of(p, x), Floats{});
        b += select(y >= splat(threshold), weights_of(p, y), Floats{});
      });
    const float block_sum = sum(a + b);
    if (block_sums != nullptr) block_sums[i] = block_sum;
    total += static_cast<double>(block_sum);
  });
  return total;
}

inline void weigh_logits(const LogitsProblem& p, float* weights) noexcept {
  for_vectors(p.count, [&](int64_t j, int n) {
    store_some(weights + j, weights_of(p, load_some(p.logits + j, n, -kInfinity)), n);
  });
}

/// For each threshold, sums the amounts of the tokens that reach it; amounts_of(index, n) gives those of n
/// tokens from `index` on.
template <class Amounts>
inline void sum_above(const LogitsProblem& p, const float* thresholds, double* results,
                      const Amounts& amounts_of) {
  constexpr int kThresholds = LogitsKernels::kThresholds;
  for (int t = 0; t < kThresholds; ++t) results[t] = 0;
  for_blocks(p.logits, p.count, [&](int64_t i, const float* block, int64_t size) {
    if (!(p.block_largest[i] >= thresholds[0])) return;
    Floats above[kThresholds] = {};
    for_vectors(size, [&](int64_t j, int n) {
      const Floats logits = load_some(block + j, n, -kInfinity);
      const Floats amounts = amounts_of(i * LogitsProblem::kBlock + j, n);
      for (int t = 0; t < kThresholds; ++t)
        above[t] += select(logits >= splat(thresholds[t]), amounts, Floats{});
    });
    for (int t = 0; t < kThresholds; t += 4) {
      const Quarter four = sums({above[t], above[t + 1], above[t + 2], above[t + 3]});
      for (int k = 0; k < 4; ++k) results[t + k] += static_cast<double>(four[k]);
    }
  });
}

inline void count_logits_above(const LogitsProblem& p, const float* thresholds, double* counts) noexcept {
  sum_above(p, thresholds, counts, [](int64_t, int) { return splat(1.0f); });
}

inline void sum_weights_above(const LogitsProblem& p, const float* weights, const float* thresholds,
                              double* results) noexcept {
  sum_above(p, thresholds, results, [&](int64_t i, int n) { return load_some(weights + i, n); });
}

inline int64_t find_logits_between(const LogitsProblem& p, float low, float high, int64_t capacity,
                                   int64_t* tokens) noexcept {
  int64_t found = 0;
  for_blocks(p.logits, p.count, [&](int64_t i, const float* block, int64_t size) {
    if (!(p.block_largest[i] >= low)) return;
    Ints between{};
    for_block(block, size, [&](Floats x, Floats y) {
      between |= ((x >= splat(low)) & (x < splat(high))) | ((y >= splat(low)) & (y < splat(high)));
    });
    if (!any(between)) return;
    for (int64_t j = 0; j < size && found < capacity; ++j)
      if (block[j] >= low && block[j] < high) tokens[found++] = i * LogitsProblem::kBlock + j;
  });
  return found;
}

constexpr LogitsKernels logits_kernels() {
  return {survey_logits,      sum_block_weights, weigh_logits,
          count_logits_above, sum_weights_above, find_logits_between};
}

}  // namespace
}  // namespace heed::kernels
