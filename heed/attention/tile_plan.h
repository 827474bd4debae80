// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/attention/dense_inputs.h"

namespace heed::attention {

/// A block of query rows and the contiguous keys that it can see.
///
/// Its scores are row after row in a strip of memory of rows * (width + 1) numbers, with two views:
///   by key       [rows, width] from number rows - 1 on: column j is key `key + j`; columns from `keys` on
///                are unused
///   by distance  [rows, width + 1] from number 0 on: column c is distance `lowest + c`
/// Number i * (width + 1) + c is number rows - 1 + i * width + j for c = j - i + rows - 1, that is, if column
/// c of row i is the distance of its key j. So a matrix product written by distance is skewed by reading it
/// by key, and scores written by key are gathered by distance, without moving a number (Huang et al. 2018,
/// section 3.4.1, tile by tile). The by-key entries that overlap a neighbouring row are beyond the last
/// distance, and masked.
struct Tile {
  int64_t row = 0, rows = 0;
  int64_t key = 0, keys = 0;
  int64_t lowest = 0, distances = 0;  ///< lowest .. lowest + distances - 1; none without a relation
  int64_t width = 0;
  int64_t first_masked = 0;  ///< causal: row i may not see column first_masked + i and beyond
  bool mixed_segments = false;
};

/// The tiles of every batch element: pure arithmetic on the host.
struct TilePlan {
  std::vector<std::vector<Tile>> tiles;  ///< by batch element; a tile without keys has keys == 0
  DistanceRange range;                   ///< all distances that occur, never empty
  int64_t largest_strip = 0;             ///< numbers in the largest tile
  int64_t most_rows = 0;
  bool may_have_empty_rows = false;  ///< rows without keys inside tiles that have keys
};

/// `tile_elements` is the approximate number of scores in a tile.
TilePlan plan_tiles(const DenseInputs& inputs, int64_t tile_elements);

}  // namespace heed::attention
