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

/// Heads of whole vectors.
struct WholeHeads {
  int32_t heads, head_dim;

  WholeHeads(int32_t heads, int32_t head_dim) : heads(heads), head_dim(head_dim) {}
  static bool fits(int32_t head_dim) { return head_dim % kLanes == 0; }

  /// The head's number, for numbers j, j + 1, ... of a row.
  Floats spread(const float* by_head, int64_t j) const { return splat(by_head[j / head_dim]); }

  /// to[head] = the sum of product(j, count) over the head.
  template <class Product>
  void sum_heads(const Product& product, float* to) const {
    for (int32_t h = 0; h < heads; ++h) {
      Floats total{};
      for (int64_t j = int64_t{h} * head_dim; j < int64_t{h + 1} * head_dim; j += kLanes)
        total += product(j, kLanes);
      to[h] = sum(total);
    }
  }
};

/// Several heads in a vector. Lists of heads are read, and `to` is written, up to a vector beyond their end.
struct NarrowHeads {
  int32_t heads, head_dim;
  Ints of_lane, first_lane, across[5];

  NarrowHeads(int32_t heads, int32_t head_dim) : heads(heads), head_dim(head_dim) {
    const Ints lanes = lane_numbers();
    for (int i = 0; i < kLanes; ++i) {
      of_lane[i] = i / head_dim;
      first_lane[i] = i * head_dim % kLanes;
    }
    for (int32_t step = 1, i = 0; step < head_dim; step *= 2, ++i) across[i] = lanes ^ splat(step);
  }
  static bool fits(int32_t head_dim) { return kLanes % head_dim == 0; }

  Floats spread(const float* by_head, int64_t j) const {
    return permute(load(by_head + j / head_dim), of_lane);
  }

  template <class Product>
  void sum_heads(const Product& product, float* to) const {
    for_vectors(int64_t{heads} * head_dim, [&](int64_t j, int count) {
      Floats x = product(j, count);
      for (int32_t step = 1, i = 0; step < head_dim; step *= 2, ++i) x += permute(x, across[i]);
      store(to + j / head_dim, permute(x, first_lane));
    });
  }
};

/// Heads of any width, number by number.
struct AnyHeads {
  int32_t heads, head_dim;

  AnyHeads(int32_t heads, int32_t head_dim) : heads(heads), head_dim(head_dim) {}

  Floats spread(const float* by_head, int64_t j) const {
    Floats x{};
    const int64_t last = int64_t{heads} * head_dim - 1;
    for (int i = 0; i < kLanes; ++i) x[i] = by_head[(j + i < last ? j + i : last) / head_dim];
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
  int64_t vectors, step;  ///< of a column of heads: how many, and floats from one to the next
  int32_t columns;        ///< of vectors, where a list has more than one
  Ints across[5];
  int folds = 0;

  HeadLists(int32_t heads, int64_t edges) : heads(heads), listed(listed_heads(heads)) {
    step = listed < kLanes ? kLanes : listed;
    columns = static_cast<int32_t>(step / kLanes);
    vectors = listed < kLanes ? (edges * listed + kLanes - 1) / kLanes : edges;
    const Ints lanes = lane_numbers();
    for (int32_t apart = kLanes / 2; apart >= listed; apart /= 2) across[folds++] = lanes ^ splat(apart);
  }

  /// Calls work(offset) for each vector of a column.
  template <class Work>
  void each(int32_t column, const Work& work) const {
    for (int64_t n = 0; n < vectors; ++n) work(n * step + column * kLanes);
  }
  /// Calls work(offset) for each vector.
  template <class Work>
  void all(const Work& work) const {
    for (int32_t c = 0; c < columns; ++c) each(c, work);
  }
  /// Joins the lanes of the same head: each lane gets what its head has.
  template <class Join>
  Floats fold(Floats x, const Join& join) const {
    for (int i = 0; i < folds; ++i) x = join(x, permute(x, across[i]));
    return x;
  }
  /// `filling` in the heads that a list has beyond its own, and after the last edge up to a whole vector.
  void fill_up(float* lists, int64_t edges, float filling) const {
    for (int64_t e = 0; heads < listed && e < edges; ++e)
      fill(lists + e * listed + heads, listed - heads, filling);
    for (int64_t i = edges * listed; i % kLanes != 0; ++i) lists[i] = filling;
  }
  /// The heads of a list, in each lane the one that vectors of this column have there.
  Floats repeat(const float* by_head, int32_t column, float filling) const {
    Floats x;
    for (int i = 0; i < kLanes; ++i) {
      const int32_t head = listed < kLanes ? i % listed : column * kLanes + i;
      x[i] = head < heads ? by_head[head] : filling;
    }
    return x;
  }
  int count(int32_t column) const {
    return heads - column * kLanes < kLanes ? heads - column * kLanes : kLanes;
  }
};

}  // namespace
}  // namespace heed::kernels
