// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/window_scores.h"

namespace heed::kernels {
namespace {

/// The memory of the backward pass, for a few rows of queries at a time. With weights p and output o,
///   d(score) = p * (d(o) . value - d(o) . o),
/// where d(o) . o = sum of p * (d(o) . value), with weights that are not rounded.
struct WindowBackward {
  const WindowProblem& p;
  const WindowLayout l;
  const WindowKeyRows keys;
  WindowPlanes planes;
  ScoreTerms terms;
  float *key_grad, *value_grad;   ///< [key rows, channel, phase, columns]
  float *query, *output_grad;     ///< [kBlockRows, channel, tile]
  float* logsumexp;               ///< [kBlockRows, columns]; +infinity beyond the row
  float *weight, *score_grad;     ///< [kBlockRows, cell, tile]
  float* query_grad;              ///< [kBlockRows, channel, kLanes]
  float *row_sum, *column_sum;    ///< [kBlockRows, size, columns] of d(score)
  float *row_grad, *column_grad;  ///< [size, head_dim / 2, kLanes]

  WindowBackward(const WindowProblem& problem, int32_t begin, int32_t end, Arena& arena)
      : p(problem),
        l(problem),
        keys(window_key_rows(problem, begin, end)),
        planes(problem, l, keys, arena),
        terms(problem, arena) {
    key_grad = arena.take(key_grad_floats());
    value_grad = arena.take(key_grad_floats());
    query = arena.take(tile_floats());
    output_grad = arena.take(tile_floats());
    logsumexp = arena.take(int64_t{kBlockRows} * l.columns);
    weight = arena.take(score_floats());
    score_grad = arena.take(score_floats());
    query_grad = arena.take(int64_t{kBlockRows} * l.depth * kLanes);
    row_sum = arena.take(int64_t{kBlockRows} * p.size * l.columns);
    column_sum = arena.take(int64_t{kBlockRows} * p.size * l.columns);
    row_grad = arena.take(table_floats());
    column_grad = arena.take(table_floats());
  }

  void run(const WindowHead& head, const WindowGradients& grads, int32_t begin, int32_t end) {
    planes.read(p, l, head, keys);
    fill(key_grad, key_grad_floats(), 0);
    fill(value_grad, key_grad_floats(), 0);
    fill(query, tile_floats(), 0);
    fill(output_grad, tile_floats(), 0);
    fill(weight, score_floats(), 0);
    fill(score_grad, score_floats(), 0);
    fill(row_grad, table_floats(), 0);
    fill(column_grad, table_floats(), 0);
    for (int32_t y = begin; y < end; y += kBlockRows) {
      const QueryBlock block{y, end - y < kBlockRows ? end - y : kBlockRows};
      for (int32_t i = 0; i < block.rows; ++i) read_queries(head, grads, y + i, i);
      for (int32_t x = 0; x < l.columns; x += kLanes) queries_backward(head, grads, block, x);
      for (int32_t i = 0; i < block.rows; ++i) {
        keys_backward(y + i, i);
        if (p.relation) tables_backward(i);
      }
    }
    write_keys(grads);
    if (p.relation) write_tables(grads);
  }

 private:
  int64_t key_grad_floats() const { return (keys.end - keys.begin) * l.grad_row; }
  int64_t tile_floats() const { return int64_t{kBlockRows} * l.depth * l.tile; }
  int64_t score_floats() const { return int64_t{kBlockRows} * l.places * l.tile; }
  int64_t table_floats() const { return p.relation ? int64_t{p.size} * (p.head_dim / 2) * kLanes : 0; }
  float* tile_of(float* tiles, int32_t i) const {
    return tiles + int64_t{i} * l.depth * l.tile + l.tile_before;
  }
  float* scores_of(float* scores, int32_t i) const {
    return scores + int64_t{i} * l.places * l.tile + l.tile_before;
  }

  HEED_OUT_OF_LINE void read_queries(const WindowHead& head, const WindowGradients& grads, int32_t y,
                                     int32_t i) {
    const int64_t first = int64_t{y} * l.query_width;
    float* out_grad = tile_of(output_grad, i);
    const auto read = [&](Rows rows, float factor, float* to, int64_t step) {
      read_columns(rows, p.element, first, 1, l.query_width, l.columns, p.head_dim, l.depth, factor, to,
                   step);
    };
    read(head.query, p.scale, tile_of(query, i), l.tile);
    read(grads.output_grad, 1, out_grad, l.tile);
    float* to = logsumexp + i * l.columns;
    for (int32_t x = 0; x < l.columns; ++x) to[x] = x < l.query_width ? head.logsumexp[first + x] : kInfinity;
  }

  // One vector of queries.

  void queries_backward(const WindowHead& head, const WindowGradients& grads, QueryBlock block, int32_t x) {
    BlockVectors scores{{}, {}, l.tile, l.tile}, values{{}, {}, l.tile, l.tile};
    PerRow<float> out;
    for (int32_t i = 0; i < block.rows; ++i) {
      scores.query.row[i] = tile_of(query, i) + x;
      scores.score.row[i] = scores_of(score_grad, i) + x;
      values.query.row[i] = tile_of(output_grad, i) + x;
      values.score.row[i] = scores_of(weight, i) + x;
      out.row[i] = query_grad + int64_t{i} * l.depth * kLanes;
      terms.make(p, planes, i, scores.query.row[i], l.tile, x);
    }
    score_block(p, l, block, planes.offset, planes.key, keys.begin, x, scores, &terms);
    score_block(p, l, block, planes.offset, planes.value, keys.begin, x, values, nullptr);
    for (int32_t i = 0; i < block.rows; ++i) {
      if (p.zero_border) {
        score_beyond(p, l, block.y + i, i, scores.score.row[i], l.tile, &terms);
        score_beyond(p, l, block.y + i, i, values.score.row[i], l.tile, nullptr);
      }
      softmax_backward(head, block.y + i, i, x);
    }
    weigh_block(p, l, block, planes.offset, planes.key, keys.begin, x, scores.score, l.tile, out);
    for (int32_t i = 0; i < block.rows; ++i) {
      if (p.relation) relation_backward(block.y + i, i, x, out.row[i]);
      for (int32_t c = 0; c < l.depth; ++c) {
        store(out.row[i] + c * kLanes, load(out.row[i] + c * kLanes) * p.scale);
      }
      const int32_t count = l.query_width - x < kLanes ? l.query_width - x : kLanes;
      write_columns(out.row[i], kLanes, count, p.head_dim, grads.query_grad, p.element,
                    int64_t{block.y + i} * l.query_width + x, 1);
    }
  }

  /// Turns scores and d(weight) into d(score) and weight (after dropout). Lanes beyond the row become 0.
  HEED_OUT_OF_LINE void softmax_backward(const WindowHead& head, int32_t y, int32_t i, int32_t x) {
    const WindowRows rows = rows_taking_part(p, l, y);
    const Floats total = load(logsumexp + i * l.columns + x);
    float* score = scores_of(score_grad, i) + x;
    float* given = scores_of(weight, i) + x;
    if (head.dropout.threshold) drop(head, y, x, given, rows);
    Floats mean = {};
    for (int64_t n = rows.begin * p.size; n < rows.end * p.size; ++n) {
      const Floats weight = softmax(load(score + n * l.tile), total);
      store(score + n * l.tile, weight);
      mean += weight * load(given + n * l.tile);
    }
    for (int32_t dy = 0; dy < p.size; ++dy) {
      Floats sum = {};
      if (dy >= rows.begin && dy < rows.end) {
        for (int64_t n = dy * p.size; n < (dy + 1) * p.size; ++n) {
          const Floats weight = load(score + n * l.tile), grad = weight * (load(given + n * l.tile) - mean);
          store(score + n * l.tile, grad);
          store(given + n * l.tile, weight);
          sum += grad;
        }
      }
      store(row_sum + (int64_t{i} * p.size + dy) * l.columns + x, sum);
    }
    if (head.dropout.threshold) drop(head, y, x, given, rows);
  }

  void drop(const WindowHead& head, int32_t y, int32_t x, float* numbers, WindowRows rows) {
    const DropoutVector dropout(p, l, head.dropout, y, x);
    for (int32_t dy = rows.begin; dy < rows.end; ++dy) {
      for (int32_t dx = 0; dx < p.size; ++dx) {
        float* at = numbers + int64_t{dy * p.size + dx} * l.tile;
        store(at, load(at) * dropout.factor(dy, dx));
      }
    }
  }

  /// At most 1, even for extreme scores, where floats are coarse.
  static Floats softmax(Floats score, Floats total) {
    const Floats x = score - total;
    const Floats zero = {};
    return weight_of(zero < x ? zero : x);
  }

  // Tables.

  /// Adds to the gradient of the queries what comes through the tables.
  HEED_OUT_OF_LINE void relation_backward(int32_t y, int32_t i, int32_t x, float* out) {
    const WindowRows rows = rows_taking_part(p, l, y);
    const float* score = scores_of(score_grad, i) + x;
    const int64_t sums = int64_t{i} * p.size * l.columns + x;
    for (int32_t dx = 0; dx < p.size; ++dx) {
      Floats sum = {};
      for (int64_t dy = rows.begin; dy < rows.end; ++dy) sum += load(score + (dy * p.size + dx) * l.tile);
      store(column_sum + sums + dx * l.columns, sum);
    }
    const int32_t half = p.head_dim / 2;
    times_table(row_sum + sums, planes.row, out);
    times_table(column_sum + sums, planes.column, out + int64_t{half} * kLanes);
  }

  void times_table(const float* sums, const float* table, float* out) const {
    const int32_t half = p.head_dim / 2;
    int32_t c = 0;
    for (; c + 4 <= half; c += 4) times_table<4>(sums, table + c, out + c * kLanes);
    for (; c < half; ++c) times_table<1>(sums, table + c, out + c * kLanes);
  }

  template <int C>
  void times_table(const float* sums, const float* table, float* out) const {
    Floats total[C];
    for (int c = 0; c < C; ++c) total[c] = load(out + c * kLanes);
    for (int32_t n = 0; n < p.size; ++n, table += p.head_dim / 2) {
      const Floats sum = load(sums + n * l.columns);
      for (int c = 0; c < C; ++c) total[c] += sum * table[c];
    }
    for (int c = 0; c < C; ++c) store(out + c * kLanes, total[c]);
  }

  /// Adds the gradient of the tables from one row of queries.
  HEED_OUT_OF_LINE void tables_backward(int32_t i) {
    const int32_t half = p.head_dim / 2;
    const int64_t sums = int64_t{i} * p.size * l.columns;
    const float* numbers = tile_of(query, i);
    table_backward(row_sum + sums, numbers, row_grad);
    table_backward(column_sum + sums, numbers + int64_t{half} * l.tile, column_grad);
  }

  void table_backward(const float* sums, const float* numbers, float* grad) const {
    const int32_t half = p.head_dim / 2;
    for (int32_t n = 0; n < p.size; ++n, sums += l.columns, grad += half * kLanes) {
      int32_t c = 0;
      for (; c + 4 <= half; c += 4)
        sums_times_numbers<4>(sums, numbers + int64_t{c} * l.tile, grad + c * kLanes);
      for (; c < half; ++c) sums_times_numbers<1>(sums, numbers + int64_t{c} * l.tile, grad + c * kLanes);
    }
  }

  template <int C>
  void sums_times_numbers(const float* sums, const float* numbers, float* grad) const {
    Floats total[C];
    for (int c = 0; c < C; ++c) total[c] = load(grad + c * kLanes);
    for (int32_t x = 0; x < l.columns; x += kLanes) {
      const Floats sum = load(sums + x);
      for (int c = 0; c < C; ++c) total[c] += sum * load(numbers + int64_t{c} * l.tile + x);
    }
    for (int c = 0; c < C; ++c) store(grad + c * kLanes, total[c]);
  }

  // Keys.

  /// Adds the gradient, from one row of queries, of the keys and values of all image rows that it sees.
  HEED_OUT_OF_LINE void keys_backward(int32_t y, int32_t i) {
    const WindowRows rows = rows_inside(p, l, y);
    const int32_t first_row = y * p.stride - l.radius + rows.begin - keys.begin;
    for (int32_t phase = 0; phase < p.stride; ++phase) {
      // Column dx of the window has phase (dx - radius) mod stride and is floor((dx - radius) / stride) to
      // the left.
      const int32_t first = (phase + l.radius) % p.stride;
      const Spread s{.first = first,
                     .by = p.stride,
                     .size = p.size,
                     .shift = (first - l.radius - phase) / p.stride,
                     .column = l.tile,
                     .row = int64_t{p.size} * l.tile,
                     .tile = l.tile,
                     .grad_channel = l.grad_channel,
                     .grad_row = l.grad_row};
      const int32_t count = phase_columns(p, phase);
      for (int32_t x = 0; x < count; x += kLanes) {
        const int64_t grad = first_row * l.grad_row + phase * l.columns + x;
        const int64_t place = rows.begin * s.row + x;
        spread(s, rows.end - rows.begin, l.depth, scores_of(score_grad, i) + place, tile_of(query, i) + x,
               key_grad + grad);
        spread(s, rows.end - rows.begin, l.depth, scores_of(weight, i) + place, tile_of(output_grad, i) + x,
               value_grad + grad);
      }
    }
  }

  HEED_OUT_OF_LINE void write_keys(const WindowGradients& grads) const {
    for (int32_t t = 0; t < keys.end - keys.begin; ++t) {
      for (int32_t phase = 0; phase < p.stride; ++phase) {
        const int32_t count = phase_columns(p, phase);
        const int64_t from = t * l.grad_row + phase * l.columns, first = int64_t{t} * p.width + phase;
        write_columns(key_grad + from, l.grad_channel, count, p.head_dim, grads.key_grad, grads.key_element,
                      first, p.stride);
        write_columns(value_grad + from, l.grad_channel, count, p.head_dim, grads.value_grad,
                      grads.key_element, first, p.stride);
      }
    }
  }

  void write_tables(const WindowGradients& grads) const {
    const int64_t table = int64_t{p.size} * (p.head_dim / 2);
    for (int64_t n = 0; n < table; ++n) {
      grads.table_grad[n] = sum(load(row_grad + n * kLanes));
      grads.table_grad[table + n] = sum(load(column_grad + n * kLanes));
    }
  }
};

inline int64_t window_backward_scratch(const WindowProblem& p, int32_t begin, int32_t end) noexcept {
  Arena arena;
  WindowBackward(p, begin, end, arena);
  return arena.used;
}

inline void window_backward(const WindowProblem& p, const WindowHead& head, const WindowGradients& grads,
                            int32_t begin, int32_t end, float* scratch) noexcept {
  Arena arena{scratch};
  WindowBackward(p, begin, end, arena).run(head, grads, begin, end);
}

}  // namespace
}  // namespace heed::kernels
