// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Attention of single queries over keys and values of earlier steps: what decoding does. The rows of a beam
/// share what they have in common: a row reads position t from the slot that an index names, so that beams
/// are reordered by reordering the index, and sentences' memories are read by every beam of theirs.
namespace heed::kernels {

/// Numbers of position t in slot s begin at data + t * position + s * slot; all heads lie side by side.
struct CachedRows {
  const float* data = nullptr;
  int64_t position = 0, slot = 0;
};

/// Embeddings of the distance between a key and the query: a query meets the key's embedding as it meets the
/// key, and what it takes from a position is the value and the embedding for values.
struct CachedRelation {
  const float* key = nullptr;    ///< [heads, rows, head_dim], optional
  const float* value = nullptr;  ///< [heads, rows, head_dim], optional
  int64_t head = 0;              ///< floats from a head's table to the next; 0: the heads share one
  int32_t rows = 0, zero = 0;    ///< of a table; its row of distance 0
  bool clip = true;              ///< distances beyond the table take its nearest row; otherwise nothing
  /// What distances are differences of, for each position, with that of the queries; optional: positions
  /// count up, and a row's query stands at the last that it sees.
  const int32_t* place = nullptr;
  int32_t query_place = 0;
};

struct CachedProblem {
  int32_t heads = 0, head_dim = 0;
  float scale = 1;
  int64_t rows = 0;
  const float* query = nullptr;  ///< [rows, heads * head_dim], row stride query_row
  int64_t query_row = 0;
  CachedRows key, value;
  const int32_t* length = nullptr;  ///< [rows] positions that a row sees: 0 ... length - 1; at least 1
  const int32_t* slot = nullptr;    ///< of position t and row r at slot[t * slot_position + r]
  int64_t slot_position = 0;        ///< 0: a row keeps to one slot
  CachedRelation relation;
  float* output = nullptr;  ///< [rows, heads * head_dim]
  /// What each position counted for, optional: [rows, heads, positions], 0 past a row's length.
  float* weights = nullptr;
  int64_t positions = 0;
};

/// Floats of scratch that a call needs where no row sees more than `longest` positions.
inline int64_t cached_attention_scratch(const CachedProblem& problem, int64_t longest) {
  constexpr int64_t kMostLanes = 16;  // rows of weights are whole vectors
  return problem.heads * (longest + kMostLanes + problem.head_dim);
}

/// Rows begin..end on the calling thread. A row's bits depend on nothing but its own numbers.
struct CachedKernels {
  void (*attend)(const CachedProblem&, int64_t begin, int64_t end, float* scratch) noexcept;
};

}  // namespace heed::kernels
