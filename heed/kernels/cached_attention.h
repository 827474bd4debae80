// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/kernels/element.h"

/// Attention of single queries over keys and values of earlier steps, as decoding needs it. Position t of a
/// row lies in a slot that an index names, so that beams share their history and are reordered by their index
/// alone, and every beam of a sentence reads the sentence's memory in one place.
namespace heed::kernels {

/// One query and the positions that it sees.
struct CachedQuery {
  int32_t row = 0;                ///< column of CachedProblem::slots
  int32_t first = 0, count = 1;   ///< sees positions first ... first + count - 1, count at least 1,
  const int32_t* seen = nullptr;  ///< or these [count]; either way the last is the query's own position
};

/// Embeddings of the distance between a key and the query. A query meets the embedding for keys as it meets
/// the key; what it takes from a position is the value plus the embedding for values.
struct CachedRelation {
  const float* key = nullptr;    ///< [heads, rows, head_dim], optional
  const float* value = nullptr;  ///< [heads, rows, head_dim], optional
  int64_t head = 0;              ///< floats from one head's table to the next; 0: all heads share one
  int32_t rows = 0, zero = 0;    ///< rows of a table; its row of distance 0
  bool clip = true;              ///< distances beyond the table take its nearest row; false: nothing
  /// Coordinate of each position, whose differences are the distances; optional: the position's number.
  const int32_t* coordinate = nullptr;
};

/// Keys and values: position t of head h in slot s begins `t * position + s * slot + h * head` numbers after
/// the first, the numbers of a head side by side.
struct CachedStore {
  const void *key = nullptr, *value = nullptr;
  Element element = Element::kFloat;
  int64_t position = 0, slot = 0, head = 0;
};

struct CachedProblem {
  int32_t heads = 0, head_dim = 0;
  float scale = 1;
  int64_t queries = 0;
  const CachedQuery* query = nullptr;  ///< [queries]
  const float* vectors = nullptr;      ///< [queries, heads * head_dim], row stride vectors_row
  int64_t vectors_row = 0;
  CachedStore store;
  const int32_t* slots = nullptr;  ///< slot of position t and row r: slots[t * slot_position + r]
  int64_t slot_position = 0;       ///< 0: a row keeps to one slot
  CachedRelation relation;
  float* output = nullptr;  ///< [queries, heads * head_dim]
  float* weights =
      nullptr;            ///< optional: softmax of the scores [queries, heads, positions], 0 where not seen
  int64_t positions = 0;  ///< of weights
};

/// Bytes of scratch that a call needs where no query sees more than `longest` positions, on 64-byte
/// boundaries.
inline int64_t cached_attention_scratch(const CachedProblem& problem, int64_t longest) {
  constexpr int64_t kMostLanes = 16;  // weights are whole vectors
  const int64_t floats = longest + kMostLanes + 3 * problem.head_dim;
  return longest * static_cast<int64_t>(sizeof(int64_t) + sizeof(int32_t)) + floats * 4 + 64;
}

/// On the calling thread: queries begin..end, heads head_begin..head_end. The bits of a query's head depend
/// on its own numbers alone.
struct CachedKernels {
  void (*attend)(const CachedProblem&, int64_t begin, int64_t end, int32_t head_begin, int32_t head_end,
                 void* scratch) noexcept;
  /// to[i] = from[i] rounded to bfloat16, to nearest, ties to even.
  void (*round)(const float* from, uint16_t* to, int64_t count) noexcept;
};

}  // namespace heed::kernels
