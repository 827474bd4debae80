// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/block_tiles.h"

/// The backward pass of block_attention.h: computes the weights again from the scores and the saved
/// logsumexp. For files compiled once for each instruction set.
namespace heed::kernels {
namespace {

/// A table of distances and the gradient of its rows, one row for each distance.
struct TableGradient {
  PackedTable table{};
  float* grad = nullptr;  ///< [count][width]
};

/// One call. One strip holds the weights, the other the gradient of the weights and then of the scores.
struct BlockBackward {
  const BlockProblem& problem;
  const BlockHead& head;
  const BlockGradients& gradients;
  const Block& block;
  int32_t width;  ///< padded(head_dim)
  float *key_rows, *key_panels, *value_panels, *key_grad, *value_grad, *query, *output_grad, *query_grad,
      *delta, *weights, *scores_grad;
  TableGradient relation_key{}, relation_value{};

  BlockBackward(const BlockProblem& p, const BlockHead& h, const BlockGradients& g, const Block& b,
                float* memory)
      : problem(p), head(h), gradients(g), block(b), width(padded(p.head_dim)) {
    Scratch scratch{memory};
    const int64_t keys = block.keys;
    key_rows = scratch.take(keys * width);
    key_panels = scratch.take(keys * problem.head_dim);
    value_panels = scratch.take(keys * problem.head_dim);
    key_grad = scratch.take(keys * width);
    value_grad = scratch.take(keys * width);
    query = scratch.take(kTile * width);
    output_grad = scratch.take(kTile * width);
    query_grad = scratch.take(kTile * width);
    delta = scratch.take(kTile);
    weights = scratch.take(strip_floats(keys)) + kStripLead;
    scores_grad = scratch.take(strip_floats(keys)) + kStripLead;
    if (problem.relation_key) relation_key = take_table(head.relation_key, scratch);
    if (problem.relation_value) relation_value = take_table(head.relation_value, scratch);
  }

  TableGradient take_table(Rows rows, Scratch& scratch) const {
    TableGradient t;
    t.table = pack_table(problem, rows, scratch);
    const int64_t floats = static_cast<int64_t>(problem.distances.count) * width;
    t.grad = scratch.take(floats);
    fill(t.grad, floats, 0);
    return t;
  }

  bool relation() const { return problem.relation_key || problem.relation_value; }

  TileRange pack(int32_t begin, int32_t end) {
    const TileRange tiles = visible_tiles(block, begin, end);
    // The values' rows are needed only as panels: the memory of the keys holds them for a while.
    pack_keys(problem, head.value, block, tiles, key_rows);
    kernels::key_panels(problem, key_rows, tiles, value_panels);
    pack_keys(problem, head.key, block, tiles, key_rows);
    kernels::key_panels(problem, key_rows, tiles, key_panels);
    const int64_t from = static_cast<int64_t>(tiles.first) * kTile * width;
    const int64_t floats = static_cast<int64_t>(tiles.end - tiles.first) * kTile * width;
    fill(key_grad + from, floats, 0);
    fill(value_grad + from, floats, 0);
    return tiles;
  }

  /// Loads query rows and the output's gradient, and sums its product with the output.
  void read(const QueryTile& tile) {
    const int32_t* rows = block.query_row + tile.begin;
    pack_rows(problem.element, gradients.output_grad, rows, tile.count, problem.head_dim, 1, output_grad);
    pack_rows(problem.element, head.output, rows, tile.count, problem.head_dim, 1, query);
    for (int32_t i = 0; i < tile.count; ++i) {
      Floats product{};
      for (int32_t d = 0; d < width; d += kLanes)
        product += load(query + i * width + d) * load(output_grad + i * width + d);
      delta[i] = sum(product);
    }
    pack_rows(problem.element, head.query, rows, tile.count, problem.head_dim, problem.scale, query);
    fill(query_grad, kTile * width, 0);
  }

  /// Scores and gradient of the weights of key tile t, without the relation.
  void score(const QueryTile& tile, int32_t t) {
    multiply(problem, tile.count, kTile, problem.head_dim, {query, width, 1},
             panels_at(key_panels, t * kTile, problem.head_dim), {weights + t * kTile, kStripRow}, false);
    multiply(problem, tile.count, kTile, problem.head_dim, {output_grad, width, 1},
             panels_at(value_panels, t * kTile, problem.head_dim), {scores_grad + t * kTile, kStripRow},
             false);
  }

  void add_relation(const QueryTile& tile, int32_t b) {
    if (problem.relation_key) add_relation_scores(problem, tile, b, query, relation_key.table, weights);
    if (problem.relation_value)
      add_relation_scores(problem, tile, b, output_grad, relation_value.table, scores_grad);
  }

  /// Turns the scores of key tile t into weights, and the gradient of the weights into that of the scores.
  void differentiate(const QueryTile& tile, int32_t t) {
    const bool mask = needs_mask(block, tile, t);
    for (int32_t i = 0; i < tile.count; ++i) {
      const int32_t row = block.query_row[tile.begin + i];
      const float saved = head.logsumexp[row];
      const Floats base = splat(saved == -kInfinity ? 0 : saved), less = splat(delta[i]);
      const uint32_t row_key = head.dropout.threshold ? dropout_row_key(head.dropout.seed, row) : 0;
      float* w = weights + i * kStripRow + t * kTile;
      float* g = scores_grad + i * kStripRow + t * kTile;
      for (int32_t j = 0; j < kTile; j += kLanes) {
        Floats s = load(w + j);
        if (mask) s = masked(block, tile.begin + i, t * kTile + j, s);
        const Floats weight = exponential(s - base);
        if (head.dropout.threshold == 0) {
          store(w + j, weight);
          store(g + j, weight * (load(g + j) - less));
          continue;
        }
        const Floats factor = dropout_factor(head.dropout, row_key, block.key_row + t * kTile + j);
        store(w + j, weight * factor);
        store(g + j, weight * (load(g + j) * factor - less));
      }
    }
  }

  void add_gradients(const QueryTile& tile, int32_t t) {
    const int64_t at = static_cast<int64_t>(t) * kTile * width;
    multiply(problem, kTile, width, tile.count, {weights + t * kTile, 1, kStripRow},
             {output_grad, kPanel, width}, {value_grad + at, width}, true);
    multiply(problem, kTile, width, tile.count, {scores_grad + t * kTile, 1, kStripRow},
             {query, kPanel, width}, {key_grad + at, width}, true);
    multiply(problem, tile.count, width, kTile, {scores_grad + t * kTile, kStripRow, 1},
             {key_rows + at, kPanel, width}, {query_grad, width}, true);
  }

  /// Relation block b of one table: the gradient of its rows from x [queries, head_dim] and, for the table of
  /// keys, the gradient of the queries.
  void add_relation_gradients(const QueryTile& tile, int32_t b, const TableGradient& table,
                              const float* strip, const float* x, float* x_grad) {
    const RelationBlock part = relation_block(problem.distances, tile, b);
    if (part.kind == RelationBlock::Kind::kNone) return;
    const float* skewed = strip + kTile * b - (kTile - 1) + part.first;
    const float* rows = table.table.rows + static_cast<int64_t>(part.from) * width;
    float* grad = table.grad + static_cast<int64_t>(part.from) * width;
    if (part.kind == RelationBlock::Kind::kRows) {
      multiply(problem, part.columns, width, tile.count, {skewed, 1, kStripRow + 1}, {x, kPanel, width},
               {grad, width}, true);
      if (!x_grad) return;
      return multiply(problem, tile.count, width, part.columns, {skewed, kStripRow + 1, 1},
                      {rows, kPanel, width}, {x_grad, width}, true);
    }
    for (int32_t i = 0; i < tile.count;
         ++i, skewed += kStripRow + 1) {  // one row of the table for all of them
      Floats sums{};
      for (int32_t j = 0; j < part.columns; j += kLanes) sums += load(skewed + j);
      const Floats s = splat(sum(sums));
      for (int32_t d = 0; d < width; d += kLanes) {
        store(grad + d, load(grad + d) + s * load(x + i * width + d));
        if (x_grad) store(x_grad + i * width + d, load(x_grad + i * width + d) + s * load(rows + d));
      }
    }
  }

  void add_relation_block(const QueryTile& tile, int32_t b) {
    if (problem.relation_key) add_relation_gradients(tile, b, relation_key, scores_grad, query, query_grad);
    if (problem.relation_value)
      add_relation_gradients(tile, b, relation_value, weights, output_grad, nullptr);
  }

  void run(const QueryTile& tile) {
    read(tile);
    const int32_t first = tile.first_tile, end = tile.end_tile;
    if (first < end) {
      score(tile, first);
      add_relation(tile, first);
    }
    if (relation() && first < end) {
      clear_tile(weights, first - 1);
      clear_tile(scores_grad, first - 1);
    }
    for (int32_t t = first; t < end; ++t) {
      if (t + 1 < end && relation()) score(tile, t + 1);
      if (relation()) add_relation(tile, t + 1);
      differentiate(tile, t);
      add_gradients(tile, t);
      add_relation_block(tile, t);
      if (t + 1 < end && !relation()) score(tile, t + 1);
    }
    if (relation() && first < end) {
      clear_tile(weights, end);
      clear_tile(scores_grad, end);
      add_relation_block(tile, end);
    }
    for (int32_t i = 0; i < tile.count; ++i) {
      write_row(problem.element, gradients.query_grad, block.query_row[tile.begin + i], problem.head_dim,
                problem.scale, query_grad + i * width);
    }
  }

  void add_row(float* to, const float* from) const {
    for (int32_t d = 0; d < problem.head_dim; ++d) to[d] += from[d];
  }

  void add_table(const TableGradient& table, float* to) const {
    for (int32_t n = 0; n < problem.distances.count; ++n) {
      const int64_t row = problem.distances.table_row[n];
      if (row >= 0) add_row(to + row * problem.head_dim, table.grad + static_cast<int64_t>(n) * width);
    }
  }

  void finish(TileRange tiles) {
    for (int32_t j = tiles.first * kTile; j < tiles.end * kTile; ++j) {
      if (block.key_rank[j] == kNoKey) continue;
      const int64_t row = static_cast<int64_t>(block.key_row[j]) * problem.head_dim;
      add_row(gradients.key_grad + row, key_grad + static_cast<int64_t>(j) * width);
      add_row(gradients.value_grad + row, value_grad + static_cast<int64_t>(j) * width);
    }
    if (problem.relation_key) add_table(relation_key, gradients.relation_key_grad);
    if (problem.relation_value) add_table(relation_value, gradients.relation_value_grad);
  }
};

inline void block_backward(const BlockProblem& problem, const BlockHead& head,
                           const BlockGradients& gradients, const Block& block, int32_t begin, int32_t end,
                           float* scratch) noexcept {
  [[maybe_unused]] const TileScope tile_registers;
  BlockBackward pass(problem, head, gradients, block, scratch);
  const TileRange tiles = pass.pack(begin, end);
  while (begin < end) {
    const QueryTile tile = query_tile(block, begin, end, pass.relation());
    pass.run(tile);
    begin += tile.count;
  }
  pass.finish(tiles);
}

}  // namespace
}  // namespace heed::kernels
