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

  /// The row of each head's table that position t meets; below 0 where it meets none.
  int32_t met_row(int32_t t) const {
    const CachedRelation& r = problem.relation;
    const int32_t row = r.zero + (r.place ? r.place[t] - r.query_place : t - (length - 1));
    if (row >= 0 && row < r.rows) return row;
    if (!r.clip) return -1;
    return row < 0 ? 0 : r.rows - 1;
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
    if (problem.relation.key) add_relation();
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

  /// Four positions that meet an embedding at a time.
  void add_relation() {
    int32_t places[4], met[4], count = 0;
    for (int32_t t = 0; t < length; ++t) {
      places[count] = t;
      met[count] = met_row(t);
      if (met[count] >= 0) ++count;
      if (count < 4 && t + 1 < length) continue;
      if (count == 0) continue;
      add_relation_of(places, met, count);
      count = 0;
    }
  }

  void add_relation_of(const int32_t (&places)[4], const int32_t (&met)[4], int32_t count) {
    for (int32_t h = 0; h < problem.heads; ++h) {
      const float* table = problem.relation.key + h * problem.relation.head;
      const float* rows[4];
      for (int32_t v = 0; v < 4; ++v) rows[v] = table + int64_t{met[v < count ? v : 0]} * problem.head_dim;
      const Quarter products = dots(query + h * problem.head_dim, rows, problem.head_dim);
      for (int32_t v = 0; v < count; ++v) weights[h * stride + places[v]] += products[v];
    }
  }

  /// The sums over all positions of kVectors vectors of values, from number `from` of the row on, each within
  /// a head. Eight at a time keep the processor's adders busy.
  template <int kVectors>
  void add_vectors_at(int32_t from) {
    const CachedRelation& relation = problem.relation;
    const float *weight[kVectors], *table[kVectors];
    for (int v = 0; v < kVectors; ++v) {
      const int32_t number = from + v * kLanes, head = number / problem.head_dim;
      weight[v] = weights + head * stride;
      table[v] = relation.value ? relation.value + head * relation.head + (number - head * problem.head_dim)
                                : nullptr;
    }
    Floats sums[kVectors] = {};
    for (int32_t t = 0; t < length; ++t) {
      const float* values = at(problem.value, t) + from;
      for (int v = 0; v < kVectors; ++v)
        sums[v] = multiply_add(splat(weight[v][t]), load(values + v * kLanes), sums[v]);
      const int32_t met = relation.value ? met_row(t) : -1;
      if (met < 0) continue;
      for (int v = 0; v < kVectors; ++v)
        sums[v] =
            multiply_add(splat(weight[v][t]), load(table[v] + int64_t{met} * problem.head_dim), sums[v]);
    }
    float* to = problem.output + row * problem.heads * problem.head_dim + from;
    for (int v = 0; v < kVectors; ++v) store(to + v * kLanes, sums[v]);
  }

  void add_vectors(int32_t from, int32_t end) {
    for (; from + 8 * kLanes <= end; from += 8 * kLanes) add_vectors_at<8>(from);
    for (; from + 4 * kLanes <= end; from += 4 * kLanes) add_vectors_at<4>(from);
    for (; from + 2 * kLanes <= end; from += 2 * kLanes) add_vectors_at<2>(from);
    for (; from < end; from += kLanes) add_vectors_at<1>(from);
  }

  /// Number i of a head, which is of no whole vector.
  void add_number_at(int32_t head, int32_t i) {
    const CachedRelation& relation = problem.relation;
    const float* weight = weights + head * stride;
    float total = 0;
    for (int32_t t = 0; t < length; ++t) {
      total += weight[t] * at(problem.value, t)[head * problem.head_dim + i];
      const int32_t met = relation.value ? met_row(t) : -1;
      if (met >= 0)
        total += weight[t] * relation.value[head * relation.head + int64_t{met} * problem.head_dim + i];
    }
    problem.output[(row * problem.heads + head) * problem.head_dim + i] = total;
  }

  void add_values() {
    const int32_t whole = problem.head_dim / kLanes * kLanes;
    if (whole == problem.head_dim) return add_vectors(0, problem.heads * whole);
    for (int32_t h = 0; h < problem.heads; ++h) {
      add_vectors(h * problem.head_dim, h * problem.head_dim + whole);
      for (int32_t i = whole; i < problem.head_dim; ++i) add_number_at(h, i);
    }
  }

  void give_weights() {
    float* to = problem.weights + row * problem.heads * problem.positions;
    for (int32_t h = 0; h < problem.heads; ++h, to += problem.positions)
      for (int64_t t = 0; t < problem.positions; ++t) to[t] = t < length ? weights[h * stride + t] : 0;
  }

  void run() {
    score();
    for (int32_t h = 0; h < problem.heads; ++h) softmax(weights + h * stride, length);
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
