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

/// One query's work on some of the heads. Heads are numbered from head_begin in what follows.
struct CachedWork {
  const CachedProblem& problem;
  const CachedQuery& seen;
  int64_t number;
  int32_t begin, heads, length, stride, width;  ///< stride: length in whole vectors; width of a head
  int64_t* offset;                              ///< [length]: where each position lies
  int32_t* met;            ///< [length]: row of the tables that it meets, with a relation
  float *weights, *query;  ///< [heads][stride], [heads * width]
  int32_t own;             ///< coordinate of the query's position

  CachedWork(const CachedProblem& p, int64_t i, int32_t head_begin, int32_t head_end, void* scratch)
      : problem(p),
        seen(p.query[i]),
        number(i),
        begin(head_begin),
        heads(head_end - head_begin),
        length(seen.count),
        stride((length + kLanes - 1) / kLanes * kLanes),
        width(p.head_dim),
        offset(static_cast<int64_t*>(scratch)),
        met(reinterpret_cast<int32_t*>(offset + length)),
        weights(reinterpret_cast<float*>(met + length)),
        query(weights + heads * stride) {
    for (int32_t t = 0; t < length; ++t) {
      const int32_t at = position(t);
      offset[t] = at * p.position + p.slots[at * p.slot_position + seen.row] * p.slot + begin * width;
    }
    own = coordinate(length - 1);
  }

  int32_t position(int32_t t) const { return seen.seen ? seen.seen[t] : seen.first + t; }
  int32_t coordinate(int32_t t) const {
    const int32_t at = position(t);
    return problem.relation.coordinate ? problem.relation.coordinate[at] : at;
  }

  /// The row of each head's table that position t meets; below 0 where it meets none.
  int32_t met_row(int32_t t) const {
    const CachedRelation& r = problem.relation;
    const int32_t row = r.zero + coordinate(t) - own;
    if (row >= 0 && row < r.rows) return row;
    if (!r.clip) return -1;
    return row < 0 ? 0 : r.rows - 1;
  }
  const float* table(const float* all, int32_t head) const {
    return all + (begin + head) * problem.relation.head;
  }

  void score() {
    const float* vector = problem.vectors + number * problem.vectors_row + begin * width;
    for (int32_t i = 0; i < heads * width; ++i) query[i] = problem.scale * vector[i];
    int32_t t = 0;
    for (; t + 4 <= length; t += 4) score_four(t);
    for (; t < length; ++t) {
      const float* key = problem.key + offset[t];
      for (int32_t h = 0; h < heads; ++h)
        weights[h * stride + t] = dot(query + h * width, key + h * width, width);
    }
    if (problem.relation.key) add_relation();
  }

  /// Of positions t to t + 3: a query is read once for them.
  void score_four(int32_t t) {
    const float* keys[4];
    for (int v = 0; v < 4; ++v) keys[v] = problem.key + offset[t + v];
    for (int32_t h = 0; h < heads; ++h) {
      const Quarter scores = dots(query + h * width, keys, width);
      __builtin_memcpy(weights + h * stride + t, &scores, sizeof scores);
      for (int v = 0; v < 4; ++v) keys[v] += width;
    }
  }

  /// A head's table is read from its beginning to its end, as the positions count up; four rows at a time.
  void add_relation() {
    for (int32_t t = 0; t < length; ++t) met[t] = met_row(t);
    for (int32_t h = 0; h < heads; ++h) {
      const float* rows = table(problem.relation.key, h);
      float* scores = weights + h * stride;
      int32_t positions[4], count = 0;
      for (int32_t t = 0; t < length; ++t) {
        if (met[t] >= 0) positions[count++] = t;
        if (count == 4 || (t + 1 == length && count > 0)) {
          add_relation_of(query + h * width, rows, positions, count, scores);
          count = 0;
        }
      }
    }
  }

  void add_relation_of(const float* q, const float* rows, const int32_t (&positions)[4], int32_t count,
                       float* scores) {
    const float* row[4];
    for (int32_t v = 0; v < 4; ++v) row[v] = rows + int64_t{met[positions[v < count ? v : 0]]} * width;
    const Quarter products = dots(q, row, width);
    for (int32_t v = 0; v < count; ++v) scores[positions[v]] += products[v];
  }

  /// Adds weight * value of kCount positions from t on, in their order, to the output's whole vectors: the
  /// sums stay in the first cache, and a position's values are read as they lie.
  template <int kCount>
  void add_positions(int32_t t) {
    const int32_t whole = width / kLanes * kLanes;
    for (int32_t h = 0; h < heads; ++h) {
      Floats weight[kCount];
      const float *value[kCount], *row[kCount];
      for (int n = 0; n < kCount; ++n) {
        weight[n] = splat(weights[h * stride + t + n]);
        value[n] = problem.value + offset[t + n] + h * width;
        const bool meets = problem.relation.value && met[t + n] >= 0;
        row[n] = meets ? table(problem.relation.value, h) + int64_t{met[t + n]} * width : nullptr;
      }
      float* to = output() + h * width;
      for (int32_t i = 0; i < whole; i += kLanes) {
        Floats total = load(to + i);
        for (int n = 0; n < kCount; ++n) {
          total = multiply_add(weight[n], load(value[n] + i), total);
          if (row[n]) total = multiply_add(weight[n], load(row[n] + i), total);
        }
        store(to + i, total);
      }
    }
  }

  float* output() const { return problem.output + (number * problem.heads + begin) * width; }

  /// Number i of a head, which is in no whole vector.
  void add_number_at(int32_t head, int32_t i) {
    const CachedRelation& relation = problem.relation;
    const float* weight = weights + head * stride;
    float total = 0;
    for (int32_t t = 0; t < length; ++t) {
      total += weight[t] * problem.value[offset[t] + head * width + i];
      if (relation.value && met[t] >= 0)
        total += weight[t] * table(relation.value, head)[int64_t{met[t]} * width + i];
    }
    output()[head * width + i] = total;
  }

  void add_values() {
    if (problem.relation.value && !problem.relation.key) {
      for (int32_t t = 0; t < length; ++t) met[t] = met_row(t);
    }
    fill(output(), int64_t{heads} * width, 0);
    int32_t t = 0;
    for (; t + 4 <= length; t += 4) add_positions<4>(t);
    for (; t < length; ++t) add_positions<1>(t);
    const int32_t whole = width / kLanes * kLanes;
    for (int32_t h = 0; h < heads; ++h)
      for (int32_t i = whole; i < width; ++i) add_number_at(h, i);
  }

  void give_weights() {
    float* to = problem.weights + (number * problem.heads + begin) * problem.positions;
    for (int32_t h = 0; h < heads; ++h, to += problem.positions) {
      for (int64_t t = 0; t < problem.positions; ++t) to[t] = 0;
      for (int32_t t = 0; t < length; ++t) to[position(t)] = weights[h * stride + t];
    }
  }

  void run() {
    score();
    for (int32_t h = 0; h < heads; ++h) softmax(weights + h * stride, length);
    add_values();
    if (problem.weights) give_weights();
  }
};

inline void cached_attend(const CachedProblem& problem, int64_t begin, int64_t end, int32_t head_begin,
                          int32_t head_end, void* scratch) noexcept {
  for (int64_t i = begin; i < end; ++i) CachedWork(problem, i, head_begin, head_end, scratch).run();
}

constexpr CachedKernels cached_kernels() {
  return {cached_attend};
}

}  // namespace
}  // namespace heed::kernels
