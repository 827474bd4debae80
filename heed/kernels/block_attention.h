// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/kernels/dropout.h"
#include "heed/kernels/element.h"

/// Attention of a block of queries over a list of keys, with an optional relation of distance, by tiles: the
/// one loop behind dense attention (one block: everything) and local 1D and 2D attention (a block of queries,
/// and the memory before it). Flash attention's order of work (Dao et al. 2022, arXiv:2205.14135) with the
/// skewing of Huang et al. 2018 (arXiv:1809.04281) folded into the strides of the tiles, so that a relation
/// costs its products and nothing else.
namespace heed::kernels {

/// Queries and keys are taken this many at a time.
constexpr int32_t kTile = 64;
/// key_rank of a place in the list of keys where there is no key.
constexpr int32_t kNoKey = 0x7fffffff;
/// query_rank of a query that sees every key.
constexpr int32_t kSeesAll = 0x7ffffffe;

/// One block. Query i sees key j when key_rank[j] <= query_rank[i] and, where there are segments, their
/// segments are equal. With a relation, the distance of key j from query i is j - query_place[i].
struct Block {
  int32_t queries = 0;
  int32_t keys = 0;                      ///< a multiple of kTile; places without a key have rank kNoKey
  const int32_t* query_row = nullptr;    ///< [queries] rows of query and output
  const int32_t* query_rank = nullptr;   ///< [queries]
  const int32_t* query_place = nullptr;  ///< [queries], with a relation: rises by one along a run; runs begin
                                         ///< at multiples of 16
  const int32_t* key_row = nullptr;      ///< [keys] rows of key and value; any row where there is no key
  const int32_t* key_rank = nullptr;     ///< [keys]
  const int32_t* query_segment = nullptr;  ///< [queries], optional
  const int32_t* key_segment = nullptr;    ///< [keys], with query_segment
};

/// Embeddings of distances. Distance lowest + n has row table_row[n] of the tables; -1: no relation.
struct DistanceTable {
  int32_t lowest = 0;                  ///< one more than a multiple of 16
  int32_t count = 0;                   ///< a multiple of 16; distances outside have no relation
  const int32_t* table_row = nullptr;  ///< [count]
};

/// What all heads share.
struct BlockProblem {
  int32_t head_dim = 0;
  Element element = Element::kFloat;
  float scale = 1;
  bool relation_key = false, relation_value = false;
  DistanceTable distances;
};

/// One batch element and head.
struct BlockHead {
  Rows query, key, value, output;     ///< element's numbers
  Rows relation_key, relation_value;  ///< element's numbers, [rows, head_dim]
  float* logsumexp = nullptr;         ///< [query rows]
  Dropout dropout;
};

/// The gradients' side of a head. The float ones are added to.
struct BlockGradients {
  Rows output_grad, query_grad;          ///< element's numbers
  float* key_grad = nullptr;             ///< [key rows, head_dim]
  float* value_grad = nullptr;           ///< [key rows, head_dim]
  float* relation_key_grad = nullptr;    ///< [table rows, head_dim]
  float* relation_value_grad = nullptr;  ///< [table rows, head_dim]
};

/// Scratch that a call needs, in floats, for blocks of up to `keys` keys.
int64_t block_forward_scratch(const BlockProblem& problem, int64_t keys);
int64_t block_backward_scratch(const BlockProblem& problem, int64_t keys);

/// Queries begin..end of a block, on the calling thread; scratch is aligned to 64 bytes.
struct BlockKernels {
  void (*forward)(const BlockProblem&, const BlockHead&, const Block&, int32_t begin, int32_t end,
                  float* scratch) noexcept;
  void (*backward)(const BlockProblem&, const BlockHead&, const BlockGradients&, const Block&, int32_t begin,
                   int32_t end, float* scratch) noexcept;
};

}  // namespace heed::kernels
