// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"

/// Where the positions of a local pattern are, and which pairs of them meet.
namespace heed::attention {

using LocalPattern = std::variant<Local1d, Local2d>;

/// Throws c10::Error "[local_attention] ..." unless the pattern's sizes are valid and fit `length` positions.
void check_local_pattern(const LocalPattern& pattern, int64_t length);

/// Where a position of the sequence is in the image: its block's first pixel, and its own coordinates.
struct Place {
  int64_t block_row, block_column, row, column, channel;
};

/// Local2d's sequence order, in both directions.
class BlockRaster {
 public:
  explicit BlockRaster(const Local2d& pattern);
  const Local2d& pattern() const { return pattern_; }
  /// One for each position of the sequence.
  const std::vector<Place>& places() const { return places_; }
  /// The position in the sequence; -1 outside the image.
  int64_t position(int64_t row, int64_t column, int64_t channel) const;

 private:
  Local2d pattern_;
  std::vector<Place> places_;
  std::vector<int64_t> positions_;  ///< by raster index
};

/// Pixels in a row of the raster that counts distances: so many that different rows never overlap.
int64_t distance_pitch(const Local2d& pattern);

/// Row of distance 0 in a table of `rows` rows: the last for Local1d, the middle for Local2d.
int64_t local_zero_row(const LocalPattern& pattern, int64_t rows);

/// For the given query positions, both [rows, length]:
/// keep      true if the query may attend to the key
/// distance  of each key
struct LocalPairs {
  at::Tensor keep, distance;
};
LocalPairs local_pairs(const LocalPattern& pattern, const at::Tensor& rows, int64_t length);

}  // namespace heed::attention
