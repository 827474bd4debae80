// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/dropout_hash.h"
#include "heed/kernels/window_products.h"

/// Scores of a few rows of queries, shared by forward and backward.
namespace heed::kernels {
namespace {

/// e^x for x <= 0 within 4 units in the last place; 1e-38 for less than -87, also for -infinity.
inline Floats weight_of(Floats x) {
  // x = (n + r) ln 2 with |r| <= 1/2; the magic number rounds x / ln 2 to an integer in its low bits.
  const Floats least = splat(-87.3f), magic = splat(12582912.0f), log2e = splat(1.44269504088896341f);
  x = x < least ? least : x;
  const Floats shifted = x * log2e + magic;
  const Floats r = x * log2e - (shifted - magic);
  Floats p = splat(1.32647e-3f);
  p = p * r + 9.67151e-3f;
  p = p * r + 5.550734e-2f;
  p = p * r + 2.4022242e-1f;
  p = p * r + 6.9314698e-1f;
  p = p * r + 1.0f;
  return as_floats(as_ints(p) + (as_ints(shifted) << 23));
}

/// Query rows y..y + rows, with rows at most kBlockRows.
struct QueryBlock {
  int32_t y, rows;
};

/// The rows of a block that see one image row: first..first + count. The first sees it at row dy of its
/// window, each next one `stride` rows higher.
struct Seers {
  int32_t first = 0, count = 0, dy = 0;
};

inline Seers seers(const WindowProblem& p, const WindowLayout& l, QueryBlock block, int32_t key_row) {
  Seers s;
  for (int32_t i = 0; i < block.rows; ++i) {
    const int32_t dy = key_row - (block.y + i) * p.stride + l.radius;
    if (dy < 0 || dy >= p.size) continue;
    if (s.count++ == 0) s.first = i, s.dy = dy;
  }
  return s;
}

/// Rows of the window of query row y that are in the image.
struct WindowRows {
  int32_t begin, end;
};
inline WindowRows rows_inside(const WindowProblem& p, const WindowLayout& l, int32_t y) {
  const int32_t begin = l.radius - y * p.stride, end = begin + p.height;
  return {begin < 0 ? 0 : begin, end < p.size ? end : p.size};
}
/// Rows that take part in the softmax.
inline WindowRows rows_taking_part(const WindowProblem& p, const WindowLayout& l, int32_t y) {
  return p.zero_border ? WindowRows{0, p.size} : rows_inside(p, l, y);
}

/// Calls `work(N, seers, image row)` with N the number of query rows as a constant, for every image row of
/// the block.
template <int N>
struct Count {
  static constexpr int value = N;
};
template <typename Work>
inline void for_key_rows(const WindowProblem& p, const WindowLayout& l, QueryBlock block, const Work& work) {
  const WindowKeyRows rows = window_key_rows(p, block.y, block.y + block.rows);
  for (int32_t t = rows.begin; t < rows.end; ++t) {
    const Seers s = seers(p, l, block, t);
    if (s.count == 3) work(Count<3>{}, s, t);
    if (s.count == 2) work(Count<2>{}, s, t);
    if (s.count == 1) work(Count<1>{}, s, t);
  }
}

/// The terms that tables and border add to the scores of a vector of queries, for each row of a block.
struct ScoreTerms {
  float *row, *column;  ///< [kBlockRows, size, kLanes]

  ScoreTerms(const WindowProblem& p, Arena& arena)
      : row(arena.take(int64_t{kBlockRows} * p.size * kLanes)),
        column(arena.take(int64_t{kBlockRows} * p.size * kLanes)) {}

  /// query [channel, query_step]: row i's numbers, scaled; x: the first query's column.
  HEED_OUT_OF_LINE void make(const WindowProblem& p, const WindowPlanes& planes, int32_t i,
                             const float* query, int64_t query_step, int32_t x) const {
    const int32_t half = p.head_dim / 2;
    for (int32_t n = 0; n < p.size; ++n) {
      Floats by_row = {}, by_column = load(planes.border + planes.offset[n] + x);
      if (p.relation) {
        for (int32_t c = 0; c < half; ++c) {
          by_row += load(query + c * query_step) * planes.row[n * half + c];
          by_column += load(query + (half + c) * query_step) * planes.column[n * half + c];
        }
      }
      store(row + (i * p.size + n) * kLanes, by_row);
      store(column + (i * p.size + n) * kLanes, by_column);
    }
  }
};

/// A row of queries and their scores: query[i] + x is the vector at column x; channels and cells are
/// `query_step` and `score_step` apart.
struct BlockVectors {
  PerRow<const float> query;
  PerRow<float> score;
  int64_t query_step, score_step;
};

/// score[i][dy * size + dx] of the block's rows for the vector at column x: query . key, plus terms if there
/// are any. Does not write the cells above and below the image.
inline void score_block(const WindowProblem& p, const WindowLayout& l, QueryBlock block,
                        const int32_t* offset, const float* keys, int32_t first_key_row, int32_t x,
                        const BlockVectors& v, const ScoreTerms* terms) {
  for_key_rows(p, l, block, [&](auto count, Seers s, int32_t t) {
    constexpr int N = decltype(count)::value;
    PerRow<const float> query, row_term = {}, column_term = {};
    PerRow<float> score;
    for (int i = 0; i < N; ++i) {
      const int32_t row = s.first + i, dy = s.dy - i * p.stride;
      query.row[i] = v.query.row[row];
      score.row[i] = v.score.row[row] + int64_t{dy} * p.size * v.score_step;
      if (!terms) continue;
      row_term.row[i] = terms->row + (row * p.size + dy) * kLanes;
      column_term.row[i] = terms->column + row * p.size * kLanes;
    }
    const KeyRow key{keys + (t - first_key_row) * l.key_row + x, l.channel, offset};
    if (p.stride == 1) {
      score_row<true, N>(l.depth, p.size, query, v.query_step, key, row_term, column_term, score,
                         v.score_step);
    } else {
      score_row<false, N>(l.depth, p.size, query, v.query_step, key, row_term, column_term, score,
                          v.score_step);
    }
  });
}

/// Scores of the window's rows above and below the image, where all keys are zeros: the terms alone, or zeros
/// for their values.
inline void score_beyond(const WindowProblem& p, const WindowLayout& l, int32_t y, int32_t i, float* score,
                         int64_t score_step, const ScoreTerms* terms) {
  const WindowRows inside = rows_inside(p, l, y);
  for (int32_t dy = 0; dy < p.size; ++dy) {
    if (dy >= inside.begin && dy < inside.end) continue;
    const Floats row = terms ? load(terms->row + (i * p.size + dy) * kLanes) : Floats{};
    for (int32_t dx = 0; dx < p.size; ++dx) {
      store(score + (dy * p.size + dx) * score_step,
            terms ? row + load(terms->column + (i * p.size + dx) * kLanes) : row);
    }
  }
}

/// out[i] [channel, kLanes] = sum over cells of weight * value; cells above and below the image have no
/// value.
inline void weigh_block(const WindowProblem& p, const WindowLayout& l, QueryBlock block,
                        const int32_t* offset, const float* values, int32_t first_key_row, int32_t x,
                        const PerRow<float>& weight, int64_t weight_step, const PerRow<float>& out) {
  for (int32_t i = 0; i < block.rows; ++i) fill(out.row[i], int64_t{l.depth} * kLanes, 0);
  for_key_rows(p, l, block, [&](auto count, Seers s, int32_t t) {
    constexpr int N = decltype(count)::value;
    PerRow<const float> by;
    PerRow<float> to;
    for (int i = 0; i < N; ++i) {
      by.row[i] = weight.row[s.first + i] + int64_t{s.dy - i * p.stride} * p.size * weight_step;
      to.row[i] = out.row[s.first + i];
    }
    const KeyRow value{values + (t - first_key_row) * l.key_row + x, l.channel, offset};
    weigh_row<N>(l.depth, p.size, by, weight_step, value, to);
  });
}

// Dropout.

/// Which weights of a vector of queries are dropped.
struct DropoutVector {
  const WindowProblem& p;
  const Dropout& dropout;
  Words row_key;
  Ints column;  ///< of the pixel of each query
  int32_t y;    ///< row of these pixels

  DropoutVector(const WindowProblem& problem, const WindowLayout& l, const Dropout& d, int32_t query_row,
                int32_t x)
      : p(problem), dropout(d), y(query_row * problem.stride - l.radius) {
    for (int n = 0; n < kLanes; ++n) {
      row_key[n] = dropout_row_key(d.seed, static_cast<uint64_t>(query_row) * l.query_width + x + n);
      column[n] = (x + n) * problem.stride - l.radius;
    }
  }

  /// 0 or 1 / (1 - p)
  Floats factor(int32_t dy, int32_t dx) const {
    const int32_t row = y + dy;
    const Ints at = column + dx;
    const Ints inside = (row >= 0 && row < p.height) ? (at >= 0) & (at < p.width) : Ints{};
    const Ints key = inside ? row * p.width + at : splat(p.height * p.width + dy * p.size + dx);
    const Ints keep = dropout_hash(reinterpret_cast<Words>(key), row_key) >= (dropout.threshold - Words{});
    return select(keep, splat(dropout.scale), Floats{});
  }
};

}  // namespace
}  // namespace heed::kernels
