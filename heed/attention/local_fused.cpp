// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/local_fused.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <c10/util/generic_math.h>

#include "heed/attention/fused_blocks.h"

namespace heed::attention {
namespace {

constexpr int64_t kAligned = 16;  ///< runs of query coordinates begin at multiples of this

int64_t round_up(int64_t x, int64_t to) {
  return (x + to - 1) / to * to;
}

/// Ranks are positions of the sequence: a query sees the keys of its rectangle that come no later than
/// itself.
void add_query(BlockArrays& block, int64_t position, int64_t place) {
  block.query_row.push_back(static_cast<int32_t>(position));
  block.query_rank.push_back(static_cast<int32_t>(position));
  block.query_place.push_back(static_cast<int32_t>(place));
}

void add_position(BlockArrays& block, int64_t position) {
  block.add_key(static_cast<int32_t>(position), static_cast<int32_t>(position));
}

// One dimension.

BlockPlan plan_line(const Local1d& line, int64_t length) {
  BlockPlan plan;
  for (int64_t begin = 0; begin < length; begin += line.query_block) {
    const int64_t end = std::min(begin + line.query_block, length);
    const int64_t first = std::max<int64_t>(begin - line.memory_before, 0);
    const int64_t empty = round_up(begin - first, kAligned) - (begin - first);
    BlockArrays& block = plan.blocks.emplace_back();
    for (int64_t n = 0; n < empty; ++n) add_position(block, -1);
    for (int64_t key = first; key < end; ++key) add_position(block, key);
    for (int64_t query = begin; query < end; ++query) add_query(block, query, query - first + empty);
    block.finish();
  }
  return plan;
}

DistanceMap line_distances(const LocalInputs& in, const Local1d& line, int64_t rows) {
  const int64_t zero = local_zero_row(in.pattern, rows);
  const int64_t furthest = line.query_block + line.memory_before - 1;
  const int64_t low = in.clip ? -furthest : std::max(-furthest, -zero);
  return DistanceMap::make(static_cast<int32_t>(low), 0,
                           [&](int32_t d) { return static_cast<int32_t>(std::max<int64_t>(zero + d, 0)); });
}

// Two dimensions.

/// Calls work(top, left) for the first pixel of every block, in order.
template <typename Work>
void for_each_block(const Local2d& p, const Work& work) {
  for (int64_t top = 0; top < p.height; top += p.query_height) {
    for (int64_t left = 0; left < p.width; left += p.query_width) work(top, left);
  }
}

/// Without a relation the order of keys is free: only those that some query sees.
BlockArrays compact_block(const BlockRaster& raster, int64_t top, int64_t left) {
  const auto& p = raster.pattern();
  BlockArrays block;
  const int64_t bottom = std::min(top + p.query_height, p.height),
                right = std::min(left + p.query_width, p.width);
  const int64_t last = raster.position(bottom - 1, right - 1, p.channels - 1);
  for (int64_t position = raster.position(top, left, 0); position <= last; ++position) {
    add_query(block, position, 0);
  }
  for (int64_t row = std::max<int64_t>(top - p.flange, 0); row < bottom; ++row) {
    for (int64_t column = left - p.flange; column < right + p.flange; ++column) {
      for (int64_t channel = 0; channel < p.channels; ++channel) {
        const int64_t position = raster.position(row, column, channel);
        if (position >= 0 && position <= last) add_position(block, position);
      }
    }
  }
  // In order of rank, only the last tiles need a mask.
  std::sort(block.key_row.begin(), block.key_row.end());
  block.key_rank = block.key_row;
  block.finish();
  return block;
}

/// With a relation, keys are in the raster of the memory rectangle, whose rows have `pitch` cells: then the
/// difference of two raster indices gives both offsets. The block's first column is cell `left` of a row.
struct RectangleLayout {
  int64_t left, pitch;

  explicit RectangleLayout(const Local2d& p)
      : left(round_up(p.flange * p.channels, kAligned)),
        pitch(
            round_up(std::max(distance_pitch(p) * p.channels, left + (p.query_width + p.flange) * p.channels),
                     kAligned)) {}
};

BlockArrays rectangle_block(const BlockRaster& raster, const RectangleLayout& layout, int64_t top,
                            int64_t left) {
  const auto& p = raster.pattern();
  BlockArrays block;
  const int64_t first_row = std::max<int64_t>(top - p.flange, 0);
  const int64_t bottom = std::min(top + p.query_height, p.height),
                right = std::min(left + p.query_width, p.width);
  for (int64_t row = first_row; row < bottom; ++row) {
    for (int64_t place = 0; place < layout.pitch; ++place) {
      const int64_t offset = place - layout.left + p.flange * p.channels;  // from the rectangle's left edge
      const int64_t column = left - p.flange + offset / p.channels;
      const bool inside = offset >= 0 && column < left + p.query_width + p.flange;
      add_position(block, inside ? raster.position(row, column, offset % p.channels) : -1);
    }
    if (row < top) continue;
    for (int64_t column = left; column < right; ++column) {
      for (int64_t channel = 0; channel < p.channels; ++channel) {
        add_query(block, raster.position(row, column, channel),
                  (row - first_row) * layout.pitch + layout.left + (column - left) * p.channels + channel);
      }
    }
  }
  block.finish();
  return block;
}

DistanceMap rectangle_distances(const LocalInputs& in, const Local2d& p, const RectangleLayout& layout,
                                int64_t rows) {
  const int64_t zero = local_zero_row(in.pattern, rows);
  const int64_t tallest = p.flange + p.query_height - 1, widest = (p.flange + p.query_width) * p.channels - 1;
  const auto furthest = static_cast<int32_t>(tallest * layout.pitch + widest);
  return DistanceMap::make(-furthest, furthest, [&](int32_t d) {
    const int64_t dy = c10::div_floor_integer(d + layout.pitch / 2, layout.pitch), dx = d - dy * layout.pitch;
    if (std::abs(dx) > widest) return -1;
    const int64_t row = zero + dy * distance_pitch(p) * p.channels + dx;
    if (row >= 0 && row < rows) return static_cast<int32_t>(row);
    return in.clip ? static_cast<int32_t>(std::clamp<int64_t>(row, 0, rows - 1)) : -1;
  });
}

BlockPlan plan_image(const LocalInputs& in, const Local2d& p, int64_t rows) {
  const BlockRaster raster(p);
  const RectangleLayout layout(p);
  BlockPlan plan;
  for_each_block(p, [&](int64_t top, int64_t left) {
    plan.blocks.push_back(rows == 0 ? compact_block(raster, top, left)
                                    : rectangle_block(raster, layout, top, left));
  });
  if (rows > 0) plan.distances = rectangle_distances(in, p, layout, rows);
  return plan;
}

BlockPlan make_plan(const LocalInputs& in) {
  const auto& table = in.relation_key ? in.relation_key : in.relation_value;
  const int64_t rows = table ? table->size(1) : 0;
  BlockPlan plan;
  if (const auto* line = std::get_if<Local1d>(&in.pattern)) {
    plan = plan_line(*line, in.query.size(2));
    if (rows > 0) plan.distances = line_distances(in, *line, rows);
  } else {
    plan = plan_image(in, std::get<Local2d>(in.pattern), rows);
  }
  plan.blocks_per_batch = static_cast<int64_t>(plan.blocks.size());
  return plan;
}

BlockInputs block_inputs(const LocalInputs& in) {
  return {in.query, in.key, in.value, in.relation_key, in.relation_value, in.dropout, in.scale};
}

}  // namespace

Result local_fused_forward(const LocalInputs& inputs) {
  return run_blocks_forward(block_inputs(inputs), make_plan(inputs));
}

LocalGradients local_fused_backward(const at::Tensor& output_grad, const LocalInputs& inputs,
                                    const at::Tensor& output, const at::Tensor& logsumexp) {
  return run_blocks_backward(output_grad, block_inputs(inputs), output, logsumexp, make_plan(inputs));
}

}  // namespace heed::attention
