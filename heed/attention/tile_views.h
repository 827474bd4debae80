// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "heed/attention/tile_plan.h"

namespace heed::attention {

/// The memory of a tile's scores, with the views that tile_plan.h describes. They have a leading dimension of
/// heads if the tile has several.
class TileMemory {
 public:
  /// Memory for the largest tile of a plan; `heads` 0 for tiles of one head without a leading dimension.
  TileMemory(const TilePlan& plan, int64_t heads, const at::TensorOptions& options);
  void open(const Tile& tile);  ///< sets the views below to this tile

  at::Tensor by_key;       ///< [rows, width]
  at::Tensor keys;         ///< [rows, keys] of by_key
  at::Tensor unused;       ///< [rows, width - keys] of by_key; undefined if empty
  at::Tensor by_distance;  ///< [rows, distances]
  at::Tensor all;          ///< the whole strip

  /// Zeros the numbers that are in by_distance and not in by_key.
  void zero_margins();

 private:
  at::Tensor view(at::IntArrayRef sizes, at::IntArrayRef strides, int64_t offset) const;

  at::Tensor storage_;
  int64_t heads_, strip_ = 0, rows_ = 0;
};

/// out = a @ b, or out += a @ b, for two or three dimensions; `out` may be strided.
void multiply(at::Tensor& out, const at::Tensor& a, const at::Tensor& b);
void multiply_add(at::Tensor& out, const at::Tensor& a, const at::Tensor& b);

}  // namespace heed::attention
