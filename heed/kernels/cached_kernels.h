// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/cached_attention.h"
#include "heed/kernels/simd.h"

/// cached_attention.h for files compiled once for each instruction set.
namespace heed::kernels {
namespace {

inline float dot(const float* a, const float* b, int32_t count) {
  Floats first{}, second{};
  int32_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    first = multiply_add(load(a + i), load(b + i), first);
    second = multiply_add(load(a + i + kLanes), load(b + i + kLanes), second);
  }
  for (; i + kLanes <= count; i += kLanes) first = multiply_add(load(a + i), load(b + i), first);
  float total = sum(first + second);
  for (; i < count; ++i) total += a[i] * b[i];
  return total;
}

/// to += factor * from
inline void add_scaled(float factor, const float* from, int32_t count, float* to) {
  const Floats by = splat(factor);
  int32_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(to + i, multiply_add(by, load(from + i), load(to + i)));
  for (; i < count; ++i) to[i] += factor * from[i];
}

/// Scores become weights that sum to 1.
inline void softmax(float* scores, int32_t count) {
  float most = scores[0];
  for (int32_t t = 1; t < count; ++t) most = scores[t] > most ? scores[t] : most;
  float total = 0;
  for (int32_t t = 0; t < count; t += kLanes) {
    Floats x = splat(-kInfinity);
    const int32_t left = count - t < kLanes ? count - t : kLanes;
    for (int32_t j = 0; j < left; ++j) x[j] = scores[t + j];
    const Floats weight = exponential(x - splat(most));
    for (int32_t j = 0; j < left; ++j) scores[t + j] = weight[j], total += weight[j];
  }
  for (int32_t t = 0; t < count; ++t) scores[t] /= total;
}

/// One row's work.
struct CachedRow {
  const CachedProblem& problem;
  int64_t row;
  int32_t length;
  float *weights, *query;  ///< [heads][length], [heads * head_dim]

  CachedRow(const CachedProblem& p, int64_t r, float* scratch)
      : problem(p), row(r), length(p.length[r]), weights(scratch + p.heads * p.head_dim), query(scratch) {}

  const float* at(const CachedRows& rows, int32_t t) const {
    return rows.data + t * rows.position + problem.slot[t * problem.slot_position + row] * rows.slot;
  }

  /// The row of a table that position t meets.
  int64_t distance_row(int32_t t) const {
    const int32_t back = length - 1 - t, farthest = problem.distances - 1;
    return int64_t{farthest - (back < farthest ? back : farthest)} * problem.head_dim;
  }

  void score() {
    const int32_t width = problem.heads * problem.head_dim;
    for (int32_t i = 0; i < width; ++i) query[i] = problem.scale * problem.query[row * problem.query_row + i];
    for (int32_t t = 0; t < length; ++t) {
      const float* key = at(problem.key, t);
      for (int32_t h = 0; h < problem.heads; ++h) {
        const float* q = query + h * problem.head_dim;
        float s = dot(q, key + h * problem.head_dim, problem.head_dim);
        if (problem.relation_key) s += dot(q, problem.relation_key + distance_row(t), problem.head_dim);
        weights[h * length + t] = s;
      }
    }
  }

  void add_values() {
    float* output = problem.output + row * problem.heads * problem.head_dim;
    for (int32_t i = 0; i < problem.heads * problem.head_dim; ++i) output[i] = 0;
    for (int32_t t = 0; t < length; ++t) {
      const float* value = at(problem.value, t);
      for (int32_t h = 0; h < problem.heads; ++h) {
        float* to = output + h * problem.head_dim;
        const float weight = weights[h * length + t];
        add_scaled(weight, value + h * problem.head_dim, problem.head_dim, to);
        if (problem.relation_value)
          add_scaled(weight, problem.relation_value + distance_row(t), problem.head_dim, to);
      }
    }
  }

  void give_weights() {
    float* to = problem.weights + row * problem.heads * problem.positions;
    for (int32_t h = 0; h < problem.heads; ++h, to += problem.positions)
      for (int64_t t = 0; t < problem.positions; ++t) to[t] = t < length ? weights[h * length + t] : 0;
  }

  void run() {
    score();
    for (int32_t h = 0; h < problem.heads; ++h) softmax(weights + h * length, length);
    add_values();
    if (problem.weights) give_weights();
  }
};

inline void cached_attend(const CachedProblem& problem, int64_t begin, int64_t end, float* scratch) noexcept {
  for (int64_t row = begin; row < end; ++row) CachedRow(problem, row, scratch).run();
}

constexpr CachedKernels cached_kernels() {
  return {cached_attend};
}

}  // namespace
}  // namespace heed::kernels
