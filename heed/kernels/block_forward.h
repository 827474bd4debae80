// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/block_tiles.h"

/// The forward pass of block_attention.h. For files compiled once for each instruction set.
namespace heed::kernels {
namespace {

/// One call: packed keys and values, and the state of the current query tile.
struct BlockForward {
  const BlockProblem& problem;
  const BlockHead& head;
  const Block& block;
  int32_t width;  ///< padded(head_dim)
  float *key_panels, *value_rows, *query, *output, *strip, *largest, *total, *factor;
  PackedTable relation_key{}, relation_value{};

  BlockForward(const BlockProblem& p, const BlockHead& h, const Block& b, float* memory)
      : problem(p), head(h), block(b), width(padded(p.head_dim)) {
    Scratch scratch{memory};
    key_panels = scratch.take(static_cast<int64_t>(block.keys) * problem.head_dim);
    value_rows = scratch.take(static_cast<int64_t>(block.keys) * width);
    query = scratch.take(kTile * width);
    output = scratch.take(kTile * width);
    largest = scratch.take(kTile);
    total = scratch.take(kTile);
    factor = scratch.take(kTile);
    strip = scratch.take(strip_floats(block.keys)) + kStripLead;
    if (problem.relation_key) relation_key = pack_table(problem, head.relation_key, scratch);
    if (problem.relation_value) relation_value = pack_table(problem, head.relation_value, scratch);
  }

  bool relation() const { return problem.relation_key || problem.relation_value; }

  void pack(int32_t begin, int32_t end) {
    const TileRange tiles = visible_tiles(block, begin, end);
    // The memory of values holds the keys' rows until they are packed as panels.
    pack_keys(problem, head.key, block, tiles, value_rows);
    kernels::key_panels(problem, value_rows, tiles, key_panels);
    pack_keys(problem, head.value, block, tiles, value_rows);
  }

  /// Scores of key tile t, without the relation.
  void score(const QueryTile& tile, int32_t t) {
    multiply(problem, tile.count, kTile, problem.head_dim, {query, width, 1},
             panels_at(key_panels, t * kTile, problem.head_dim), {strip + t * kTile, kStripRow}, false);
  }

  /// Turns the scores of key tile t into weights relative to the largest so far; scales the earlier sums.
  void weigh(const QueryTile& tile, int32_t t) {
    const bool mask = needs_mask(block, tile, t);
    float most[kTile];
    for (int32_t i = 0; i < tile.count; ++i) {
      float* row = strip + i * kStripRow + t * kTile;
      Floats best = splat(-kInfinity);
      for (int32_t j = 0; j < kTile; j += kLanes) {
        Floats s = load(row + j);
        if (mask) store(row + j, s = masked(block, tile.begin + i, t * kTile + j, s));
        best = maximum(best, s);
      }
      const float now = kernels::largest(best);
      most[i] = now > largest[i] ? now : largest[i];
    }
    for (int32_t i = tile.count; i < kTile; ++i) most[i] = largest[i];
    for (int32_t i = 0; i < kTile; i += kLanes) {
      const Floats now = load(most + i);
      const Floats base = select(now == splat(-kInfinity), Floats{}, now);
      store(factor + i, exponential(load(largest + i) - base));
      store(largest + i, now);
      store(most + i, base);
    }
    for (int32_t i = 0; i < tile.count; ++i) {
      float* row = strip + i * kStripRow + t * kTile;
      const Floats base = splat(most[i]);
      Floats sums{};
      for (int32_t j = 0; j < kTile; j += kLanes) {
        const Floats weight = exponential(load(row + j) - base);
        sums += weight;
        store(row + j, weight);
      }
      total[i] = total[i] * factor[i] + sum(sums);
      if (factor[i] != 1) rescale(i, t);
    }
    if (head.dropout.threshold > 0) drop(tile, t);
  }

  /// Query i's largest score rose: scales its sums, and the weights that a relation block still needs.
  void rescale(int32_t i, int32_t t) {
    const Floats by = splat(factor[i]);
    float* row = output + i * width;
    for (int32_t d = 0; d < width; d += kLanes) store(row + d, load(row + d) * by);
    if (!problem.relation_value) return;
    float* before = strip + i * kStripRow + (t - 1) * kTile;
    for (int32_t j = 0; j < kTile; j += kLanes) store(before + j, load(before + j) * by);
  }

  void drop(const QueryTile& tile, int32_t t) {
    for (int32_t i = 0; i < tile.count; ++i) {
      const uint32_t row_key = dropout_row_key(head.dropout.seed, block.query_row[tile.begin + i]);
      float* row = strip + i * kStripRow + t * kTile;
      for (int32_t j = 0; j < kTile; j += kLanes) {
        store(row + j, load(row + j) * dropout_factor(head.dropout, row_key, block.key_row + t * kTile + j));
      }
    }
  }

  void add_values(const QueryTile& tile, int32_t t) {
    multiply(problem, tile.count, width, kTile, {strip + t * kTile, kStripRow, 1},
             {value_rows + static_cast<int64_t>(t) * kTile * width, kPanel, width}, {output, width}, true);
  }

  /// Values of relation block b, whose weights are in key tiles b - 1 and b.
  void add_relation_values(const QueryTile& tile, int32_t b) {
    const RelationBlock part = relation_block(problem.distances, tile, b);
    if (part.kind == RelationBlock::Kind::kNone) return;
    const float* weights = strip + kTile * b - (kTile - 1) + part.first;
    const float* rows = relation_value.rows + static_cast<int64_t>(part.from) * width;
    if (part.kind == RelationBlock::Kind::kRows) {
      return multiply(problem, tile.count, width, part.columns, {weights, kStripRow + 1, 1},
                      {rows, kPanel, width}, {output, width}, true);
    }
    for (int32_t i = 0; i < tile.count; ++i, weights += kStripRow + 1) {
      Floats sums{};
      for (int32_t j = 0; j < part.columns; j += kLanes) sums += load(weights + j);
      const Floats weight = splat(sum(sums));
      float* to = output + i * width;
      for (int32_t d = 0; d < width; d += kLanes) store(to + d, load(to + d) + weight * load(rows + d));
    }
  }

  void run(const QueryTile& tile) {
    pack_rows(problem.element, head.query, block.query_row + tile.begin, tile.count, problem.head_dim,
              problem.scale, query);
    fill(output, kTile * width, 0);
    fill(total, kTile, 0);
    fill(largest, kTile, -kInfinity);
    const int32_t first = tile.first_tile, end = tile.end_tile;
    if (first < end) {
      score(tile, first);
      if (problem.relation_key) add_relation_scores(problem, tile, first, query, relation_key, strip);
      if (problem.relation_value) clear_tile(strip, first - 1);
    }
    for (int32_t t = first; t < end; ++t) {
      if (t + 1 < end && relation()) score(tile, t + 1);
      if (problem.relation_key) add_relation_scores(problem, tile, t + 1, query, relation_key, strip);
      weigh(tile, t);
      add_values(tile, t);
      if (problem.relation_value) add_relation_values(tile, t);
      if (t + 1 < end && !relation()) score(tile, t + 1);
    }
    if (problem.relation_value && first < end) {
      clear_tile(strip, end);
      add_relation_values(tile, end);
    }
    finish(tile);
  }

  void finish(const QueryTile& tile) {
    for (int32_t i = 0; i < tile.count; ++i) {
      const int32_t row = block.query_row[tile.begin + i];
      const bool any = total[i] > 0;
      write_row(problem.element, head.output, row, problem.head_dim, any ? 1 / total[i] : 0,
                output + i * width);
      head.logsumexp[row] = any ? largest[i] + __builtin_logf(total[i]) : -kInfinity;
    }
  }
};

inline void block_forward(const BlockProblem& problem, const BlockHead& head, const Block& block,
                          int32_t begin, int32_t end, float* scratch) noexcept {
  [[maybe_unused]] const TileScope tile_registers;
  BlockForward pass(problem, head, block, scratch);
  pass.pack(begin, end);
  while (begin < end) {
    const QueryTile tile = query_tile(block, begin, end, pass.relation());
    pass.run(tile);
    begin += tile.count;
  }
}

}  // namespace
}  // namespace heed::kernels
