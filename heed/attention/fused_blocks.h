// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"
#include "heed/attention/distance_table.h"
#include "heed/kernels/block_attention.h"

/// Between tensors and the block kernels (heed/kernels/block_attention.h): the blocks of a pattern, and the
/// threads that work on them.
namespace heed::attention {

/// The arrays of a kernels::Block. Lists of queries and keys are in the order of work.
struct BlockArrays {
  std::vector<int32_t> query_row, query_rank, query_place, key_row, key_rank, query_segment, key_segment;

  /// Appends a key; row -1: an empty entry.
  void add_key(int32_t row, int32_t rank);
  /// Fills the list of keys with empty entries up to whole tiles.
  void finish();
  kernels::Block view() const;
};

/// Rows of the tables for distances lowest..lowest + table_row.size() - 1; -1: no relation.
struct DistanceMap {
  int32_t lowest = 1;  ///< one more than a multiple of 16
  std::vector<int32_t> table_row;

  /// Covers low..high; `row` gives the row of each distance.
  template <typename Row>
  static DistanceMap make(int32_t low, int32_t high, const Row& row) {
    DistanceMap map;
    map.lowest = (low - 1 >= 0 ? (low - 1) / 16 : -((15 - (low - 1)) / 16)) * 16 + 1;
    for (int32_t d = map.lowest; d <= high || map.table_row.size() % 16 != 0; ++d) {
      map.table_row.push_back(d < low || d > high ? -1 : row(d));
    }
    return map;
  }
};

/// Everything about a problem that its tensors do not say. `blocks` has the blocks of each batch element one
/// after the other (blocks_per_batch each), or once for all of them if they are the same (share_blocks).
struct BlockPlan {
  std::vector<BlockArrays> blocks;
  int64_t blocks_per_batch = 1;
  bool share_blocks = true;
  bool divisible = false;  ///< a block may be split at any whole tile of queries
  DistanceMap distances;
};

/// Checked inputs, float32 or bfloat16 on the CPU; tables are [heads or 1, rows, head_dim] of query's dtype.
struct BlockInputs {
  at::Tensor query, key, value;
  std::optional<at::Tensor> relation_key = {}, relation_value = {};
  Dropout dropout = {};
  double scale = 1;
};

Result run_blocks_forward(const BlockInputs& inputs, const BlockPlan& plan);
DistanceGradients run_blocks_backward(const at::Tensor& output_grad, const BlockInputs& inputs,
                                      const at::Tensor& output, const at::Tensor& logsumexp,
                                      const BlockPlan& plan);

}  // namespace heed::attention
