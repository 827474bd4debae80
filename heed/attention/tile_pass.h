// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include <ATen/core/Tensor.h>

#include "heed/attention/dense_tiled.h"
#include "heed/attention/tile_views.h"

/// What the forward and the backward pass of the tiled backend share.
namespace heed::attention {

/// How heads and batch elements are distributed. One thread works through a lane, in order.
struct Lanes {
  int64_t heads;   ///< groups of heads: one for each head, or one of all heads
  int64_t chunks;  ///< parts of the batch
  int64_t batch;
  int64_t count() const { return heads * chunks; }
  int64_t head(int64_t lane) const { return lane % heads; }
  int64_t begin(int64_t lane) const { return batch * (lane / heads) / chunks; }
  int64_t end(int64_t lane) const { return batch * (lane / heads + 1) / chunks; }
};
/// Calls `work(first_lane, last_lane)` on all threads, each below autograd.
void for_lanes(const Lanes& lanes, at::Device device, const std::function<void(int64_t, int64_t)>& work);

/// What every tile needs, prepared once.
struct TiledProblem {
  TiledProblem(const DenseInputs& inputs, const TiledOptions& options);

  DenseInputs inputs;
  TiledOptions options;
  TilePlan plan;
  at::ScalarType type;  ///< of scores
  /// Rows for the distances of plan.range, [heads or 1, distances, head_dim], or undefined.
  at::Tensor key_table, value_table;
  at::Tensor later;  ///< [rows, rows] true on and above the diagonal
  int64_t heads_in_tile() const { return options.heads_together ? inputs.query.size(1) : 0; }
  Lanes lanes(int64_t chunks) const;

  /// Batch element b and head (or all heads) of [batch, heads, ...].
  at::Tensor of(const at::Tensor& tensor, int64_t b, int64_t head) const;
  /// The table of a head (or all heads).
  at::Tensor table_of(const at::Tensor& table, int64_t head) const;
};

/// One batch element and head: contiguous, in the type of scores.
struct TiledUnit {
  TiledUnit(const TiledProblem& problem, int64_t b, int64_t head);
  int64_t head;      ///< batch * heads + head; the first of several heads
  at::Tensor query;  ///< times scale
  at::Tensor key, value, segments, key_table, value_table;
};

/// Fills `memory` (opened on this tile) with the masked scores of the tile, ready for softmax.
void tile_scores(const TiledProblem& problem, const TiledUnit& unit, const Tile& tile, TileMemory& memory);

/// Factors of the tile's weights [(heads,) rows, keys]; undefined without dropout.
at::Tensor tile_dropout(const TiledProblem& problem, const TiledUnit& unit, const Tile& tile);

/// The rows of a table, or of its gradient, for the distances of a tile; `dim` is the dimension of distances.
at::Tensor distances_of(const TiledProblem& problem, const at::Tensor& table, const Tile& tile, int64_t dim);

}  // namespace heed::attention
