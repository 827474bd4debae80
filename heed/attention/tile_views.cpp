// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/tile_views.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace heed::attention {

TileMemory::TileMemory(const TilePlan& plan, int64_t heads, const at::TensorOptions& options)
    : storage_(at::empty({std::max<int64_t>(heads, 1) * plan.largest_strip}, options)), heads_(heads) {}

at::Tensor TileMemory::view(at::IntArrayRef sizes, at::IntArrayRef strides, int64_t offset) const {
  if (heads_ == 0) return storage_.as_strided(sizes, strides, offset);
  at::DimVector all_sizes{heads_}, all_strides{strip_};
  all_sizes.append(sizes.begin(), sizes.end());
  all_strides.append(strides.begin(), strides.end());
  return storage_.as_strided(all_sizes, all_strides, offset);
}

void TileMemory::open(const Tile& tile) {
  const int64_t rows = tile.rows, width = tile.width;
  rows_ = rows;
  strip_ = rows * (width + 1);
  by_key = view({rows, width}, {width, 1}, rows - 1);
  keys = tile.keys == width ? by_key : view({rows, tile.keys}, {width, 1}, rows - 1);
  unused =
      tile.keys == width ? at::Tensor() : view({rows, width - tile.keys}, {width, 1}, rows - 1 + tile.keys);
  by_distance = view({rows, tile.distances}, {width + 1, 1}, 0);
  all = view({strip_}, {1}, 0);
}

void TileMemory::zero_margins() {
  if (rows_ > 1) all.narrow(-1, 0, rows_ - 1).zero_();
  all.narrow(-1, strip_ - 1, 1).zero_();
}

void multiply(at::Tensor& out, const at::Tensor& a, const at::Tensor& b) {
  if (out.dim() == 2) {
    at::mm_out(out, a, b);
  } else {
    at::baddbmm_out(out, out, a, b, 0, 1);
  }
}

void multiply_add(at::Tensor& out, const at::Tensor& a, const at::Tensor& b) {
  if (out.dim() == 2) {
    at::addmm_out(out, out, a, b);
  } else {
    at::baddbmm_out(out, out, a, b);
  }
}

}  // namespace heed::attention
