// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/block_attention.h"
#include "heed/kernels/dropout_hash.h"
#include "heed/kernels/matrix_pairs.h"
#include "heed/kernels/pack.h"

/// What the forward and the backward pass over tiles share. For files compiled once for each instruction set.
///
/// The scores of a tile of queries are in a strip: row i of key tile t begins at
///   strip + i * kStripRow + t * kTile.
/// The strip holds the tiles t - 1, t and t + 1 at any time, and moves through memory as t rises. A diagonal
/// of it (key index minus query index constant) is a column of a matrix whose rows are one longer: relation
/// block b, the distances 64 b - 63 ... 64 b seen from query 0, is the matrix at strip + 64 b - 63 with rows
/// of kStripRow + 1, which overlaps tiles b - 1 and b. So a product with the embeddings of distances writes
/// (or reads) skewed, and no number is moved.
namespace heed::kernels {
namespace {

constexpr int64_t kStripRow = 3 * kTile;
/// Floats before the begin of a strip: what block 0 writes to the left of tile 0.
constexpr int64_t kStripLead = kTile;

inline int64_t strip_floats(int64_t keys) {
  return kStripLead + kTile * kStripRow + keys + 3 * kTile;
}

/// Allocates pieces of the scratch, each at a multiple of 64 bytes.
struct Scratch {
  float* next;
  float* take(int64_t floats) {
    float* piece = next;
    next += (floats + kPanel - 1) / kPanel * kPanel;
    return piece;
  }
};

/// Queries begin..begin + count of a block, computed together: at most kTile, and one run if there is a
/// relation.
struct QueryTile {
  int32_t begin, count;
  int32_t first_tile, end_tile;  ///< key tiles that some query may see
  int32_t place = 0;             ///< query_place of the first query
  int32_t least_rank;            ///< smallest rank of its queries
};

struct Range {
  int32_t least, most;
};
inline Range range_of(const int32_t* numbers, int32_t count) {
  Range r{numbers[0], numbers[0]};
  for (int32_t i = 1; i < count; ++i) {
    r.least = numbers[i] < r.least ? numbers[i] : r.least;
    r.most = numbers[i] > r.most ? numbers[i] : r.most;
  }
  return r;
}

/// Whether any query of ranks up to `most_rank` and segments `segments` can see a key of the tile.
inline bool tile_seen(const Block& block, int32_t tile, int32_t most_rank, Range segments) {
  if (range_of(block.key_rank + tile * kTile, kTile).least > most_rank) return false;
  if (!block.query_segment) return true;
  const Range keys = range_of(block.key_segment + tile * kTile, kTile);
  return keys.least <= segments.most && keys.most >= segments.least;
}

/// The key tiles that queries begin..end of a block may see.
struct TileRange {
  int32_t first, end;
};
inline TileRange visible_tiles(const Block& block, int32_t begin, int32_t end) {
  const Range ranks = range_of(block.query_rank + begin, end - begin);
  const Range segments =
      block.query_segment ? range_of(block.query_segment + begin, end - begin) : Range{0, 0};
  TileRange tiles{0, block.keys / kTile};
  while (tiles.end > 0 && !tile_seen(block, tiles.end - 1, ranks.most, segments)) --tiles.end;
  while (tiles.first < tiles.end && !tile_seen(block, tiles.first, ranks.most, segments)) ++tiles.first;
  return tiles;
}

inline QueryTile query_tile(const Block& block, int32_t begin, int32_t end, bool relation) {
  QueryTile tile{};
  tile.begin = begin;
  tile.count = end - begin < kTile ? end - begin : kTile;
  if (relation) {
    tile.place = block.query_place[begin];
    int32_t run = 1;
    while (run < tile.count && block.query_place[begin + run] == tile.place + run) ++run;
    tile.count = run;
  }
  const TileRange keys = visible_tiles(block, begin, begin + tile.count);
  tile.first_tile = keys.first;
  tile.end_tile = keys.end;
  tile.least_rank = range_of(block.query_rank + begin, tile.count).least;
  return tile;
}

/// Whether some query of the tile does not see some key of key tile t.
inline bool needs_mask(const Block& block, const QueryTile& tile, int32_t t) {
  return block.query_segment || range_of(block.key_rank + t * kTile, kTile).most > tile.least_rank;
}

/// Scores of vector v of key tile t for query i; -infinity if it does not see the key.
inline Floats masked(const Block& block, int32_t query, int32_t key, Floats scores) {
  Ints seen = load(block.key_rank + key) <= splat(block.query_rank[query]);
  if (block.query_segment) {
    seen &= load(block.key_segment + key) == splat(block.query_segment[query]);
  }
  return select(seen, scores, splat(-kInfinity));
}

/// The factor of the weights of a query row and keys: 0 or dropout.scale.
inline Floats dropout_factor(const Dropout& dropout, uint32_t row_key, const int32_t* key_rows) {
  const Words hash = dropout_hash(reinterpret_cast<Words>(load(key_rows)), row_key);
  const Ints keep = hash >= (dropout.threshold - Words{});
  return select(keep, splat(dropout.scale), Floats{});
}

/// The columns of a relation block that are in the table.
struct RelationBlock {
  enum class Kind { kNone, kOneRow, kRows } kind = Kind::kNone;
  int32_t first = 0, columns = 0;  ///< of the 64 columns of the block; multiples of 16
  int32_t from = 0;                ///< index of the first column in table_row
  int32_t row = 0;                 ///< kOneRow: the table row of all columns
};

inline RelationBlock relation_block(const DistanceTable& table, const QueryTile& tile, int32_t b) {
  const int32_t begin = kTile * b - (kTile - 1) - tile.place - table.lowest;  // a multiple of 16
  RelationBlock block;
  block.first = begin < 0 ? -begin : 0;
  if (block.first > kTile) block.first = kTile;
  const int32_t last = table.count - begin < kTile ? table.count - begin : kTile;
  if (last <= block.first) return block;
  block.columns = last - block.first;
  block.from = begin + block.first;
  const Range rows = range_of(table.table_row + block.from, block.columns);
  block.row = rows.least;
  if (rows.most < 0) return block;
  block.kind = rows.least == rows.most ? RelationBlock::Kind::kOneRow : RelationBlock::Kind::kRows;
  return block;
}

/// The products of tiles: of bfloat16 numbers if the instruction set has them (weights are then rounded too).
inline void multiply(const BlockProblem& problem, int rows, int columns, int depth, Left a, Right b, Out c,
                     bool add) {
  if (kHasPairs && problem.element == Element::kBfloat16)
    return multiply_pairs(rows, columns, depth, a, b, c, add);
  multiply(rows, columns, depth, a, b, c, add);
}

/// Embeddings of distances, packed: as rows [count][padded(head_dim)] and as panels of the transpose.
struct PackedTable {
  float* rows = nullptr;
  float* panels = nullptr;
};

inline Right panels_at(const float* panels, int32_t column, int32_t depth) {
  return {panels + static_cast<int64_t>(column) * depth, static_cast<int64_t>(kPanel) * depth, kPanel};
}

/// scores += x . table, skewed; x [queries, head_dim] is the query or the output's gradient.
inline void add_relation_scores(const BlockProblem& problem, const QueryTile& tile, int32_t b, const float* x,
                                const PackedTable& table, float* strip) {
  const RelationBlock block = relation_block(problem.distances, tile, b);
  if (block.kind == RelationBlock::Kind::kNone) return;
  const int32_t width = padded(problem.head_dim);
  float* to = strip + kTile * b - (kTile - 1) + block.first;
  if (block.kind == RelationBlock::Kind::kRows) {
    return multiply(problem, tile.count, block.columns, problem.head_dim, {x, width, 1},
                    panels_at(table.panels, block.from, problem.head_dim), {to, kStripRow + 1}, true);
  }
  const float* row = table.rows + static_cast<int64_t>(block.from) * width;
  for (int32_t i = 0; i < tile.count; ++i, to += kStripRow + 1) {
    Floats product{};
    for (int32_t d = 0; d < width; d += kLanes) product += load(x + i * width + d) * load(row + d);
    const Floats score = splat(sum(product));
    for (int32_t j = 0; j < block.columns; j += kLanes) store(to + j, load(to + j) + score);
  }
}

/// Sets key tile t of a strip to zeros.
inline void clear_tile(float* strip, int32_t t) {
  for (int32_t i = 0; i < kTile; ++i) fill(strip + i * kStripRow + kTile * t, kTile, 0);
}

/// Rows of keys (or values) of the visible tiles; zeros for empty entries, which gives a score of 0, masked
/// later.
inline void pack_keys(const BlockProblem& problem, Rows rows, const Block& block, TileRange tiles,
                      float* to) {
  const int32_t width = padded(problem.head_dim);
  for (int32_t j = tiles.first * kTile; j < tiles.end * kTile; ++j) {
    const int32_t row = block.key_rank[j] == kNoKey ? -1 : block.key_row[j];
    pack_rows(problem.element, rows, &row, 1, problem.head_dim, 1, to + static_cast<int64_t>(j) * width);
  }
}

inline void key_panels(const BlockProblem& problem, const float* rows, TileRange tiles, float* to) {
  const int64_t from = static_cast<int64_t>(tiles.first) * kTile;
  transpose_to_panels(rows + from * padded(problem.head_dim), (tiles.end - tiles.first) * kTile,
                      problem.head_dim, to + from * problem.head_dim);
}

inline PackedTable pack_table(const BlockProblem& problem, Rows rows, Scratch& scratch) {
  PackedTable table;
  const int64_t count = problem.distances.count;
  table.rows = scratch.take(count * padded(problem.head_dim));
  table.panels = scratch.take(count * problem.head_dim);
  pack_rows(problem.element, rows, problem.distances.table_row, problem.distances.count, problem.head_dim, 1,
            table.rows);
  transpose_to_panels(table.rows, problem.distances.count, problem.head_dim, table.panels);
  return table;
}

}  // namespace
}  // namespace heed::kernels
