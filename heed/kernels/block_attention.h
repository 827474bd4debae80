// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/kernels/dropout.h"
#include "heed/kernels/element.h"

/// Attention of a block of queries over a list of keys, with an optional relation of distance, by tiles.
/// Dense attention (one block of all queries) and local 1D and 2D attention (blocks of queries, each with the
/// memory before it) share this loop. The order of work is that of flash attention (Dao et al. 2022,
/// arXiv:2205.14135); the skewing of Huang et al. 2018 (arXiv:1809.04281) is in the strides of the tiles, so
/// that a relation costs only its products.
namespace heed::kernels {

/// Queries and keys in a tile.
constexpr int32_t kTile = 64;
/// key_rank of an empty entry in the list of keys.
constexpr int32_t kNoKey = 0x7fffffff;
/// query_rank of a query that sees every key.
constexpr int32_t kSeesAll = 0x7ffffffe;

/// One block. Query i sees key j if key_rank[j] <= query_rank[i] and, if there are segments, their segments
/// are equal. With a relation, the distance of key j from query i is j - query_place[i].
struct Block {
  int32_t queries = 0;
  int32_t keys = 0;                        ///< a multiple of kTile; empty entries have rank kNoKey
  const int32_t* query_row = nullptr;      ///< [queries] rows of query and output
  const int32_t* query_rank = nullptr;     ///< [queries]
  const int32_t* query_place = nullptr;    ///< [queries], with a relation: the index of the query in the list
                                           ///< of keys; consecutive in runs that begin at multiples of 16
  const int32_t* key_row = nullptr;        ///< [keys] rows of key and value; arbitrary for empty entries
  const int32_t* key_rank = nullptr;       ///< [keys]
  const int32_t* query_segment = nullptr;  ///< [queries], optional
  const int32_t* key_segment = nullptr;    ///< [keys], with query_segment
};

/// Embeddings of distances. Distance lowest + n has row table_row[n] of the tables; -1: no relation.
struct DistanceTable {
  int32_t lowest = 0;                  ///< one more than a multiple of 16
  int32_t count = 0;                   ///< a multiple of 16; distances outside have no relation
  const int32_t* table_row = nullptr;  ///< [count]
};

/// The problem, the same for all heads.
struct BlockProblem {
  int32_t head_dim = 0;
  Element element = Element::kFloat;
  float scale = 1;
  bool relation_key = false, relation_value = false;
  DistanceTable distances;
};

/// One batch element and head.
struct BlockHead {
  Rows query, key, value, output;     ///< of type element
  Rows relation_key, relation_value;  ///< of type element, [rows, head_dim]
  float* logsumexp = nullptr;         ///< [query rows]
  Dropout dropout;
};

/// The gradients of a head. The kernel adds to those of type float.
struct BlockGradients {
  Rows output_grad, query_grad;          ///< of type element
  float* key_grad = nullptr;             ///< [key rows, head_dim]
  float* value_grad = nullptr;           ///< [key rows, head_dim]
  float* relation_key_grad = nullptr;    ///< [table rows, head_dim]
  float* relation_value_grad = nullptr;  ///< [table rows, head_dim]
};

/// The scratch of a call, in floats, for blocks of up to `keys` keys.
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
