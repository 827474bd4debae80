// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/edge_attention.h"
#include "heed/kernels/edge_heads.h"

/// Sums of rows over edges, each with a weight for each head, for files compiled once for each instruction set.
namespace heed::kernels {
namespace {

constexpr int64_t kEdgesAhead = 8;                   ///< fetched before they are needed
constexpr int kJoinedVectors = kLanes < 16 ? 8 : 4;  ///< of a sum over edges, kept in registers

/// A term of a sum over edges: weight of the row's head * (row + more).
template <class Number>
struct EdgeTerm {
  const Number *row, *more;  ///< more: optional
  const float* weight;
};

/// Fetches a row into the caches.
template <class Number>
inline void prefetch(const Number* row, int64_t numbers) {
  constexpr int64_t kLine = 64 / sizeof(Number);
  for (int64_t j = 0; j < numbers; j += kLine) __builtin_prefetch(row + j);
}

/// Numbers j, j + 1, ... of the sum of `count` terms, kVectors whole vectors of them.
template <int kVectors, class Number, class Width, class Terms>
inline void sum_terms(const Width& width, int64_t count, const Terms& term, int64_t j, float* to) {
  Floats total[kVectors] = {};
  int64_t place[kVectors];
  for (int v = 0; v < kVectors; ++v) place[v] = width.place(j + v * kLanes);
  for (int64_t n = 0; n < count; ++n) {
    if (n + kEdgesAhead < count) {
      const Number* next = term(n + kEdgesAhead).row + j;
      for (int v = 0; v < kVectors; v += 64 / (kLanes * static_cast<int>(sizeof(Number))))
        __builtin_prefetch(next + v * kLanes);
    }
    const EdgeTerm<Number> t = term(n);
    for (int v = 0; v < kVectors; ++v) {
      Floats x = load_numbers(t.row + j + v * kLanes);
      if (t.more) x += load_numbers(t.more + j + v * kLanes);
      total[v] = multiply_add(width.spread(t.weight, place[v]), x, total[v]);
    }
  }
  for (int v = 0; v < kVectors; ++v) store(to + j + v * kLanes, total[v]);
}

/// to[0 .. numbers) = the sum of `count` terms.
template <class Number, class Width, class Terms>
inline void sum_terms(const Width& width, int64_t numbers, int64_t count, const Terms& term, float* to) {
  int64_t j = 0;
  for (; j + kJoinedVectors * kLanes <= numbers; j += kJoinedVectors * kLanes)
    sum_terms<kJoinedVectors, Number>(width, count, term, j, to);
  for (; j + kLanes <= numbers; j += kLanes) sum_terms<1, Number>(width, count, term, j, to);
  if (j == numbers) return;
  const int rest = static_cast<int>(numbers - j);
  const int64_t place = width.place(j);
  Floats total{};
  for (int64_t n = 0; n < count; ++n) {
    const EdgeTerm<Number> t = term(n);
    Floats x = load_numbers(t.row + j, rest);
    if (t.more) x += load_numbers(t.more + j, rest);
    total = multiply_add(width.spread(t.weight, place), x, total);
  }
  store_some(to + j, total, rest);
}

/// Calls work(width) with the way in which heads of this width lie in vectors.
template <class Work>
inline void with_head_width(int32_t heads, int32_t head_dim, const Work& work) {
  if (WholeHeads::fits(heads, head_dim)) return work(WholeHeads(heads, head_dim));
  if (NarrowHeads::fits(heads, head_dim)) return work(NarrowHeads(heads, head_dim));
  work(AnyHeads(heads, head_dim));
}

/// Row n of a tensor's rows.
template <class Number>
inline const Number* row_at(Rows rows, int64_t n) {
  return static_cast<const Number*>(rows.data) + n * rows.stride;
}

/// Writes scale * from [count] to row n.
template <class Number>
inline void write_numbers(Rows rows, int64_t n, int64_t count, float scale, const float* from) {
  Number* to = static_cast<Number*>(rows.data) + n * rows.stride;
  for_vectors(count, [&](int64_t j, int lanes) {
    store_numbers(to + j, load_some(from + j, lanes) * splat(scale), lanes);
  });
}

}  // namespace
}  // namespace heed::kernels
