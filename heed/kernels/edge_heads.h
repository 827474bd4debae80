// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/numbers.h"
#include "heed/kernels/simd.h"

/// Rows of heads side by side, for files compiled once for each instruction set: sums over the numbers of each head, and
/// back, a number of each head for all of the head's numbers.
namespace heed::kernels {
namespace {

/// x with lane i taken from lane `from[i]`.
inline Floats permute(Floats x, Ints from) {
  return __builtin_shuffle(x, from);
}

inline Ints lane_numbers() {
  Ints lanes;
  for (int i = 0; i < kLanes; ++i) lanes[i] = i;
  return lanes;
}

/// Floats that a list of heads takes, so that lists follow each other in whole vectors or whole fractions of one.
inline int32_t listed_heads(int32_t heads) {
  if (heads > kLanes) return (heads + kLanes - 1) / kLanes * kLanes;
  int32_t listed = 1;
  while (listed < heads) listed *= 2;
  return listed;
}

/// Heads of whole vectors, or a single head.
struct WholeHeads {
  int32_t heads, head_dim;

  WholeHeads(int32_t heads, int32_t head_dim) : heads(heads), head_dim(head_dim) {}
  static bool fits(int32_t heads, int32_t head_dim) { return head_dim % kLanes == 0 || heads == 1; }

  /// Where the heads of numbers j, j + 1, ... of a row stand in a list of heads.
  int64_t place(int64_t j) const { return j / head_dim; }
  /// For each of those numbers, its head's in the list.
  Floats spread(const float* by_head, int64_t place) const { return splat(by_head[place]); }

  /// to[head] = the sum of product(j, count) over the head.
  template <class Product>
  void sum_heads(const Product& product, float* to) const {
    for (int32_t h = 0; h < heads; ++h) {
      Floats total{};
      const int64_t first = int64_t{h} * head_dim;
      for_vectors(head_dim, [&](int64_t j, int count) { total += product(first + j, count); });
      to[h] = sum(total);
    }
  }
};

/// Several heads in a vector. Lists of heads are read, and `to` is written, up to a vector beyond their end.
struct NarrowHeads {
  int32_t heads, head_dim;
  Ints of_lane, first_lane, vector_of_lane, across[5];
  int folds = 0;

  NarrowHeads(int32_t heads, int32_t head_dim) : heads(heads), head_dim(head_dim) {
    const Ints lanes = lane_numbers();
    for (int i = 0; i < kLanes; ++i) {
      of_lane[i] = i / head_dim;
      first_lane[i] = i * head_dim % kLanes;
      vector_of_lane[i] = i * head_dim / kLanes;
    }
    for (int32_t step = 1; step < head_dim; step *= 2) across[folds++] = lanes ^ splat(step);
  }
  static bool fits(int32_t /*heads*/, int32_t head_dim) { return kLanes % head_dim == 0; }

  int64_t place(int64_t j) const { return j / head_dim; }
  Floats spread(const float* by_head, int64_t place) const { return permute(load(by_head + place), of_lane); }

  /// head_dim vectors have the heads of a vector of sums, which is stored as a whole.
  template <class Product>
  void sum_heads(const Product& product, float* to) const {
    Floats list{};
    int32_t vector = 0;
    for_vectors(int64_t{heads} * head_dim, [&](int64_t j, int count) {
      Floats x = product(j, count);
      for (int i = 0; i < folds; ++i) x += permute(x, across[i]);
      list = select(vector_of_lane == splat(vector), permute(x, first_lane), list);
      if (++vector < head_dim) return;
      store(to, list);
      to += kLanes, vector = 0;
    });
    if (vector > 0) store(to, list);
  }
};

/// Heads of any width, number by number.
struct AnyHeads {
  int32_t heads, head_dim;

  AnyHeads(int32_t heads, int32_t head_dim) : heads(heads), head_dim(head_dim) {}

  int64_t place(int64_t j) const { return j; }
  Floats spread(const float* by_head, int64_t place) const {
    Floats x{};
    const int64_t last = int64_t{heads} * head_dim - 1;
    for (int i = 0; i < kLanes; ++i) x[i] = by_head[(place + i < last ? place + i : last) / head_dim];
    return x;
  }

  template <class Product>
  void sum_heads(const Product& product, float* to) const {
    for (int32_t h = 0; h < heads; ++h) to[h] = 0;
    for_vectors(int64_t{heads} * head_dim, [&](int64_t j, int count) {
      const Floats x = product(j, count);
      for (int i = 0; i < count; ++i) to[(j + i) / head_dim] += x[i];
    });
  }
};

/// Numbers by edge and head, [edges, listed_heads], as vectors: what a reduction over edges needs.
struct HeadLists {
  int32_t heads, listed;
  int32_t columns;            ///< of vectors, where a list has more than one
  int32_t edges_of_a_vector;  ///< where several lists are one
  Words head_of_lane;
  Ints edge_of_lane, across[5];
  int folds = 0;

  explicit HeadLists(int32_t heads) : heads(heads), listed(listed_heads(heads)) {
    columns = listed < kLanes ? 1 : listed / kLanes;
    edges_of_a_vector = listed < kLanes ? kLanes / listed : 1;
    const Ints lanes = lane_numbers();
    for (int i = 0; i < kLanes; ++i) {
      head_of_lane[i] = static_cast<uint32_t>(listed < kLanes ? i % listed : i);
      edge_of_lane[i] = i / listed;
    }
    for (int32_t apart = kLanes / 2; apart >= listed; apart /= 2) across[folds++] = lanes ^ splat(apart);
  }

  /// Calls work(offset, edge) for each vector of a column: where it lies, and the first edge that it has.
  template <class Work>
  void each(int32_t column, int64_t edges, const Work& work) const {
    for (int64_t e = 0; e < edges; e += edges_of_a_vector) work(e * listed + column * kLanes, e);
  }
  /// Joins the lanes of the same head: each lane gets what its head has.
  template <class Join>
  Floats fold(Floats x, const Join& join) const {
    for (int i = 0; i < folds; ++i) x = join(x, permute(x, across[i]));
    return x;
  }
  /// Copies a list.
  void copy(const float* from, float* to) const {
    if (listed == 8) {  // the most frequent, in one piece
      __builtin_memcpy(to, from, 8 * sizeof(float));
    } else {
      for_vectors(listed,
                  [&](int64_t j, int lanes) { store_some(to + j, load_some(from + j, lanes), lanes); });
    }
  }
  /// `filling` in the heads that a list has beyond its own, and after the last edge up to a whole vector.
  void fill_up(float* lists, int64_t edges, float filling) const {
    for (int64_t e = 0; heads < listed && e < edges; ++e)
      fill(lists + e * listed + heads, listed - heads, filling);
    for (int64_t i = edges * listed; i % kLanes != 0; ++i) lists[i] = filling;
  }
  int count(int32_t column) const {
    return heads - column * kLanes < kLanes ? heads - column * kLanes : kLanes;
  }
};

}  // namespace
}  // namespace heed::kernels
