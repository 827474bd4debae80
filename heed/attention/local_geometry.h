// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"

/// What the backends of the local patterns share.
namespace heed::attention {

using LocalPattern = std::variant<Local1d, Local2d>;

/// Checked inputs of one problem. Tables have query's dtype; scale is resolved.
struct LocalInputs {
  at::Tensor query, key, value;
  LocalPattern pattern;
  std::optional<at::Tensor> relation_key = {}, relation_value = {};
  bool clip = true;  ///< Beyond::kClip
  Dropout dropout = {};
  double scale = 1;
};
LocalInputs check_local_inputs(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                               const Spec& spec);

/// Where a position of the sequence lies: its block's first pixel, and its own place.
struct Place {
  int64_t block_row, block_column, row, column, channel;
};

/// Local2d's sequence order, both ways.
class BlockRaster {
 public:
  explicit BlockRaster(const Local2d& pattern);
  const Local2d& pattern() const { return pattern_; }
  /// Of each position of the sequence.
  const std::vector<Place>& places() const { return places_; }
  /// The position of a place; -1 outside the image.
  int64_t position(int64_t row, int64_t column, int64_t channel) const;

 private:
  Local2d pattern_;
  std::vector<Place> places_;
  std::vector<int64_t> positions_;  ///< by raster index
};

/// Pixels that a row of the distance's raster has: wide enough that those of different rows never meet.
int64_t distance_pitch(const Local2d& pattern);

/// Row of distance 0 in a table of `rows` rows: the last for Local1d, the middle for Local2d.
int64_t local_zero_row(const LocalPattern& pattern, int64_t rows);

/// True where a query may attend, [rows, length], for the given query positions; and the distance of each
/// key, the same shape.
struct LocalPairs {
  at::Tensor keep, distance;
};
LocalPairs local_pairs(const LocalPattern& pattern, const at::Tensor& rows, int64_t length);

}  // namespace heed::attention
