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

/// The products of a with four vectors. Inlined where the compiler would not: they are few steps long.
[[gnu::always_inline]] inline Quarter dots(const float* a, const float* const (&b)[4], int32_t count) {
  Floats total[4] = {};
  int32_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Floats x = load(a + i);
    for (int v = 0; v < 4; ++v) total[v] = multiply_add(x, load(b[v] + i), total[v]);
  }
  Quarter all = sums(total);
  for (; i < count; ++i) {
    for (int v = 0; v < 4; ++v) all[v] += a[i] * b[v][i];
  }
  return all;
}

/// Scores become weights that sum to 1, in whole vectors: room for the last one's other lanes is there.
inline void softmax(float* scores, int32_t count) {
  for (int32_t t = count; t % kLanes != 0; ++t) scores[t] = -kInfinity;
  Floats most = load(scores), total{};
  for (int32_t t = kLanes; t < count; t += kLanes) most = maximum(load(scores + t), most);
  const Floats top = splat(largest(most));
  for (int32_t t = 0; t < count; t += kLanes) {
    const Floats weight = exponential(load(scores + t) - top);
    store(scores + t, weight);
    total += weight;
  }
  const Floats share = splat(1 / sum(total));
  for (int32_t t = 0; t < count; t += kLanes) store(scores + t, load(scores + t) * share);
}

/// One row's work.
struct CachedRow {
  const CachedProblem& problem;
  int64_t row;
  int32_t length, stride;  ///< stride: length in whole vectors
  float *weights, *query;  ///< [heads][stride], [heads * head_dim]

  CachedRow(const CachedProblem& p, int64_t r, float* scratch)
      : problem(p),
        row(r),
        length(p.length[r]),
        stride((length + kLanes - 1) / kLanes * kLanes),
        weights(scratch + p.heads * p.head_dim),
        query(scratch) {}

  const float* at(const CachedRows& rows, int32_t t) const {
    return rows.data + t * rows.position + problem.slot[t * problem.slot_position + row] * rows.slot;
  }

  /// The row of a head's table that position t meets; null where it meets none.
  const float* related(const float* table, int32_t head, int32_t t) const {
    const CachedRelation& r = problem.relation;
    const int32_t distance = r.place ? r.place[t] - r.query_place : t - (length - 1);
    int32_t met = r.zero + distance;
    if (met < 0 || met >= r.rows) {
      if (!r.clip) return nullptr;
      met = met < 0 ? 0 : r.rows - 1;
    }
    return table + head * r.head + int64_t{met} * problem.head_dim;
  }

  void score() {
    const int32_t width = problem.heads * problem.head_dim;
    for (int32_t i = 0; i < width; ++i) query[i] = problem.scale * problem.query[row * problem.query_row + i];
    int32_t t = 0;
    for (; t + 4 <= length; t += 4) score_four(t);
    for (; t < length; ++t) {
      const float* key = at(problem.key, t);
      for (int32_t h = 0; h < problem.heads; ++h) {
        const float* q = query + h * problem.head_dim;
        weights[h * stride + t] = dot(q, key + h * problem.head_dim, problem.head_dim);
      }
    }
    if (problem.relation.key) {
      for (int32_t h = 0; h < problem.heads; ++h) add_relation(h);
    }
  }

  /// Of positions t to t + 3: a query is read once for them.
  void score_four(int32_t t) {
    const float* keys[4];
    for (int v = 0; v < 4; ++v) keys[v] = at(problem.key, t + v);
    for (int32_t h = 0; h < problem.heads; ++h) {
      const Quarter scores = dots(query + h * problem.head_dim, keys, problem.head_dim);
      __builtin_memcpy(weights + h * stride + t, &scores, sizeof scores);
      for (int v = 0; v < 4; ++v) keys[v] += problem.head_dim;
    }
  }

  void add_relation(int32_t head) {
    const float* q = query + head * problem.head_dim;
    float* scores = weights + head * stride;
    for (int32_t t = 0; t < length; t += 4) {
      const float* met[4];
      int32_t places[4], count = 0;
      for (int32_t u = t; u < t + 4 && u < length; ++u) {
        met[count] = related(problem.relation.key, head, u);
        places[count] = u;
        count += met[count] != nullptr;
      }
      if (count == 0) continue;
      for (int32_t v = count; v < 4; ++v) met[v] = met[0];
      const Quarter products = dots(q, met, problem.head_dim);
      for (int32_t v = 0; v < count; ++v) scores[places[v]] += products[v];
    }
  }

  /// The sums over all positions of kVectors vectors of a head's values, or of a number where it is 0, from
  /// number `from` of the head on.
  template <int kVectors>
  void add_values_at(int32_t head, int32_t from) {
    const float* weight = weights + head * stride;
    Floats sums[kVectors ? kVectors : 1] = {};
    float single = 0;
    const auto add = [&](float factor, const float* values) {
      for (int i = 0; i < kVectors; ++i)
        sums[i] = multiply_add(splat(factor), load(values + i * kLanes), sums[i]);
      if (kVectors == 0) single += factor * *values;
    };
    for (int32_t t = 0; t < length; ++t) {
      add(weight[t], at(problem.value, t) + head * problem.head_dim + from);
      if (!problem.relation.value) continue;
      if (const float* met = related(problem.relation.value, head, t)) add(weight[t], met + from);
    }
    float* to = problem.output + (row * problem.heads + head) * problem.head_dim + from;
    for (int i = 0; i < kVectors; ++i) store(to + i * kLanes, sums[i]);
    if (kVectors == 0) *to = single;
  }

  void add_values(int32_t head) {
    int32_t i = 0;
    for (; i + 4 * kLanes <= problem.head_dim; i += 4 * kLanes) add_values_at<4>(head, i);
    for (; i + 2 * kLanes <= problem.head_dim; i += 2 * kLanes) add_values_at<2>(head, i);
    for (; i + kLanes <= problem.head_dim; i += kLanes) add_values_at<1>(head, i);
    for (; i < problem.head_dim; ++i) add_values_at<0>(head, i);
  }

  void give_weights() {
    float* to = problem.weights + row * problem.heads * problem.positions;
    for (int32_t h = 0; h < problem.heads; ++h, to += problem.positions)
      for (int64_t t = 0; t < problem.positions; ++t) to[t] = t < length ? weights[h * stride + t] : 0;
  }

  void run() {
    score();
    for (int32_t h = 0; h < problem.heads; ++h) {
      softmax(weights + h * stride, length);
      add_values(h);
    }
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
