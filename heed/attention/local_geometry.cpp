// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/local_geometry.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "heed/attention/distance_table.h"

namespace heed::attention {
namespace {

LocalPairs line_pairs(const Local1d& line, const at::Tensor& rows, int64_t length) {
  const auto key = at::arange(length, rows.options()), row = rows.unsqueeze(1);
  const auto first = row.div(line.query_block, "floor") * line.query_block - line.memory_before;
  return {key.le(row).logical_and(key.ge(first)), key - row};
}

LocalPairs image_pairs(const Local2d& p, const at::Tensor& rows, int64_t length) {
  const BlockRaster raster(p);
  const auto column_of = [&](auto member) {
    const auto numbers = at::empty({length}, at::kLong);
    auto* to = numbers.mutable_data_ptr<int64_t>();
    for (const Place& place : raster.places()) *to++ = place.*member;
    return numbers.to(rows.device());
  };
  const auto y = column_of(&Place::row), x = column_of(&Place::column), c = column_of(&Place::channel);
  const auto of_rows = [&](const at::Tensor& numbers) { return numbers.index_select(0, rows).unsqueeze(1); };
  const auto top = of_rows(column_of(&Place::block_row)), left = of_rows(column_of(&Place::block_column));
  auto keep = at::arange(length, rows.options()).le(rows.unsqueeze(1));
  keep = keep.logical_and(y.ge(top - p.flange)).logical_and(x.ge(left - p.flange));
  keep = keep.logical_and(x.lt(left + p.query_width + p.flange));
  const auto pixels = (y - of_rows(y)) * distance_pitch(p) + (x - of_rows(x));
  return {keep, pixels * p.channels + (c - of_rows(c))};
}

}  // namespace

void check_local_pattern(const LocalPattern& pattern, int64_t length) {
  if (const auto* line = std::get_if<Local1d>(&pattern)) {
    TORCH_CHECK(line->query_block > 0 && line->memory_before >= 0,
                "[local_attention] query_block must be positive and memory_before not negative, got ",
                line->query_block, " and ", line->memory_before);
    return;
  }
  const auto& p = std::get<Local2d>(pattern);
  TORCH_CHECK(p.height > 0 && p.width > 0 && p.channels > 0 && p.query_height > 0 && p.query_width > 0 &&
                  p.flange >= 0,
              "[local_attention] height, width, channels and the query block must be positive, flange not "
              "negative; got ",
              at::IntArrayRef{p.height, p.width, p.channels, p.query_height, p.query_width, p.flange});
  TORCH_CHECK(length == p.height * p.width * p.channels, "[local_attention] an image of ", p.height, " x ",
              p.width, " x ", p.channels, " has ", p.height * p.width * p.channels, " positions, query ",
              length);
}

BlockRaster::BlockRaster(const Local2d& pattern) : pattern_(pattern) {
  const auto& p = pattern_;
  positions_.assign(p.height * p.width * p.channels, -1);
  places_.reserve(positions_.size());
  for (int64_t top = 0; top < p.height; top += p.query_height) {
    for (int64_t left = 0; left < p.width; left += p.query_width) {
      for (int64_t row = top; row < std::min(top + p.query_height, p.height); ++row) {
        for (int64_t column = left; column < std::min(left + p.query_width, p.width); ++column) {
          for (int64_t channel = 0; channel < p.channels; ++channel) {
            positions_[(row * p.width + column) * p.channels + channel] =
                static_cast<int64_t>(places_.size());
            places_.push_back({top, left, row, column, channel});
          }
        }
      }
    }
  }
}

int64_t BlockRaster::position(int64_t row, int64_t column, int64_t channel) const {
  if (row < 0 || column < 0 || row >= pattern_.height || column >= pattern_.width) return -1;
  return positions_[(row * pattern_.width + column) * pattern_.channels + channel];
}

int64_t distance_pitch(const Local2d& pattern) {
  return 2 * (pattern.query_width + pattern.flange);
}

int64_t local_zero_row(const LocalPattern& pattern, int64_t rows) {
  return zero_row(rows, std::holds_alternative<Local1d>(pattern));
}

LocalPairs local_pairs(const LocalPattern& pattern, const at::Tensor& rows, int64_t length) {
  if (const auto* line = std::get_if<Local1d>(&pattern)) return line_pairs(*line, rows, length);
  return image_pairs(std::get<Local2d>(pattern), rows, length);
}

at::Tensor local_2d_order(const Local2d& pattern) {
  check_local_pattern(pattern, pattern.height * pattern.width * pattern.channels);
  const BlockRaster raster(pattern);
  const auto order = at::empty({static_cast<int64_t>(raster.places().size())}, at::kLong);
  auto* to = order.mutable_data_ptr<int64_t>();
  for (const Place& p : raster.places()) {
    *to++ = (p.row * pattern.width + p.column) * pattern.channels + p.channel;
  }
  return order;
}

int64_t local_2d_relation_rows(const Local2d& p) {
  const int64_t rows = p.flange + p.query_height - 1, columns = p.flange + p.query_width - 1;
  return 2 * ((rows * distance_pitch(p) + columns) * p.channels + p.channels - 1) + 1;
}

}  // namespace heed::attention
