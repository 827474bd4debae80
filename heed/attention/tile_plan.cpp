// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/tile_plan.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include <ATen/ATen.h>

namespace heed::attention {
namespace {

constexpr int64_t kFewestRows = 32, kMostRows = 128;

std::vector<int64_t> to_host(const at::Tensor& tensor) {
  const auto host = tensor.to(at::kCPU).contiguous();
  return {host.const_data_ptr<int64_t>(), host.const_data_ptr<int64_t>() + host.numel()};
}

/// Begin and end of the segment of each position, for one batch element.
struct SegmentSpans {
  std::vector<int64_t> segment, begin, end, count;

  explicit SegmentSpans(std::vector<int64_t> ids) : segment(std::move(ids)) {
    struct Span {
      int64_t begin, end, count;
    };
    std::unordered_map<int64_t, Span> spans;
    for (int64_t i = 0; i < size(); ++i) {
      auto [at, fresh] = spans.try_emplace(segment[i], Span{i, i, 0});
      at->second.end = i + 1;
      ++at->second.count;
    }
    for (const auto id : segment) {
      const Span& span = spans.at(id);
      begin.push_back(span.begin), end.push_back(span.end), count.push_back(span.count);
    }
  }
  int64_t size() const { return static_cast<int64_t>(segment.size()); }

  /// Narrows a tile's keys to the span of its rows' segments, and records whether these are still mixed.
  void narrow(Tile& tile, int64_t& key_end) const {
    int64_t first = size(), last = 0;
    bool mixed = false;
    for (int64_t i = tile.row; i < tile.row + tile.rows; ++i) {
      first = std::min(first, begin[i]);
      last = std::max(last, end[i]);
      mixed |= segment[i] != segment[tile.row] || count[i] != end[i] - begin[i];
    }
    tile.key = first;
    key_end = std::min(key_end, last);
    tile.mixed_segments = mixed;
  }
};

/// One batch element: its first query position and its number of keys.
struct Row {
  int64_t start, keys;
  const SegmentSpans* segments;
};

Tile make_tile(const DenseInputs& in, const Row& at, int64_t row, int64_t rows) {
  Tile tile{.row = row, .rows = rows};
  const int64_t first = at.start + row, last = first + rows - 1;
  int64_t key_end = in.causal ? std::min(at.keys, last + 1) : at.keys;
  if (at.segments) at.segments->narrow(tile, key_end);
  tile.keys = std::max<int64_t>(key_end - tile.key, 0);
  tile.width = tile.keys;
  if (in.relation_key || in.relation_value) {
    const int64_t highest = tile.key + tile.keys - 1 - first;
    tile.lowest = tile.key - last;
    tile.distances = (in.causal ? std::min<int64_t>(highest, 0) : highest) - tile.lowest + 1;
    tile.width = std::max(tile.distances - 1, tile.keys);
  }
  tile.first_masked = in.causal ? first + 1 - tile.key : tile.keys;
  return tile;
}

std::vector<Tile> tiles_of(const DenseInputs& in, const Row& at, int64_t tile_elements) {
  std::vector<Tile> tiles;
  const int64_t queries = in.query.size(2);
  for (int64_t row = 0; row < queries;) {
    const int64_t keys =
        std::max<int64_t>(in.causal ? std::min(at.keys, at.start + row + kFewestRows) : at.keys, 1);
    const int64_t rows = std::clamp(tile_elements / keys, kFewestRows, kMostRows);
    tiles.push_back(make_tile(in, at, row, std::min(rows, queries - row)));
    row += rows;
  }
  return tiles;
}

void extend(TilePlan& plan, const Tile& tile) {
  plan.most_rows = std::max(plan.most_rows, tile.rows);
  if (tile.keys == 0) return;
  plan.largest_strip = std::max(plan.largest_strip, tile.rows * (tile.width + 1));
  plan.range.lowest = std::min(plan.range.lowest, tile.lowest);
  plan.range.highest = std::max(plan.range.highest, tile.lowest + tile.distances - 1);
}

}  // namespace

TilePlan plan_tiles(const DenseInputs& in, int64_t tile_elements) {
  const int64_t batch = in.query.size(0), queries = in.query.size(2), keys = in.key.size(2);
  std::vector<int64_t> starts(batch, 0), lengths(batch, keys), segments;
  if (in.extents.query_start) starts = to_host(*in.extents.query_start);
  if (in.extents.key_lengths) lengths = to_host(*in.extents.key_lengths);
  if (in.extents.segments) segments = to_host(*in.extents.segments);

  TilePlan plan;
  plan.may_have_empty_rows = in.extents.segments && in.extents.key_lengths;
  for (int64_t b = 0; b < batch; ++b) {
    TORCH_CHECK(starts[b] >= 0, "[attention] query_start must not be negative, got ", starts[b]);
    TORCH_CHECK(lengths[b] >= 0, "[attention] key_lengths must not be negative, got ", lengths[b]);
    std::optional<SegmentSpans> spans;
    if (in.extents.segments) {
      spans.emplace(
          std::vector<int64_t>(segments.begin() + b * queries, segments.begin() + (b + 1) * queries));
    }
    const Row at{starts[b], std::min(lengths[b], keys), spans ? &*spans : nullptr};
    plan.tiles.push_back(tiles_of(in, at, tile_elements));
    for (const Tile& tile : plan.tiles.back()) extend(plan, tile);
  }
  return plan;
}

}  // namespace heed::attention
