// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/window_scores.h"

namespace heed::kernels {
namespace {

/// The memory of the forward pass, for a few rows of queries at a time.
struct WindowForward {
  const WindowProblem& p;
  const WindowLayout l;
  const WindowKeyRows keys;
  WindowPlanes planes;
  ScoreTerms terms;
  float* query;   ///< [kBlockRows, channel, columns]
  float* weight;  ///< [kBlockRows, cell, kLanes]
  float* output;  ///< [kBlockRows, channel, kLanes]

  WindowForward(const WindowProblem& problem, int32_t begin, int32_t end, Arena& arena)
      : p(problem),
        l(problem),
        keys(window_key_rows(problem, begin, end)),
        planes(problem, l, keys, arena),
        terms(problem, arena),
        query(arena.take(int64_t{kBlockRows} * l.depth * l.columns)),
        weight(arena.take(int64_t{kBlockRows} * l.places * kLanes)),
        output(arena.take(int64_t{kBlockRows} * l.depth * kLanes)) {}

  void run(const WindowHead& head, int32_t begin, int32_t end) {
    planes.read(p, l, head, keys);
    for (int32_t y = begin; y < end; y += kBlockRows) {
      const QueryBlock block{y, end - y < kBlockRows ? end - y : kBlockRows};
      for (int32_t i = 0; i < block.rows; ++i) {
        read_columns(head.query, p.element, int64_t{y + i} * l.query_width, 1, l.query_width, l.columns,
                     p.head_dim, l.depth, p.scale, query + int64_t{i} * l.depth * l.columns, l.columns);
      }
      for (int32_t x = 0; x < l.columns; x += kLanes) attend(head, block, x);
    }
  }

 private:
  void attend(const WindowHead& head, QueryBlock block, int32_t x) {
    BlockVectors v{{}, {}, l.columns, kLanes};
    PerRow<float> out;
    for (int32_t i = 0; i < block.rows; ++i) {
      v.query.row[i] = query + int64_t{i} * l.depth * l.columns + x;
      v.score.row[i] = weight + int64_t{i} * l.places * kLanes;
      out.row[i] = output + int64_t{i} * l.depth * kLanes;
      terms.make(p, planes, i, v.query.row[i], l.columns, x);
    }
    score_block(p, l, block, planes.offset, planes.key, keys.begin, x, v, &terms);
    Floats scale[kBlockRows];
    for (int32_t i = 0; i < block.rows; ++i) {
      if (p.zero_border) score_beyond(p, l, block.y + i, i, v.score.row[i], kLanes, &terms);
      scale[i] = softmax(head, block.y + i, x, v.score.row[i]);
    }
    weigh_block(p, l, block, planes.offset, planes.value, keys.begin, x, v.score, kLanes, out);
    for (int32_t i = 0; i < block.rows; ++i) {
      for (int32_t c = 0; c < l.depth; ++c) {
        store(out.row[i] + c * kLanes, load(out.row[i] + c * kLanes) * scale[i]);
      }
      const int32_t count = l.query_width - x < kLanes ? l.query_width - x : kLanes;
      write_columns(out.row[i], kLanes, count, p.head_dim, head.output, p.element,
                    int64_t{block.y + i} * l.query_width + x, 1);
    }
  }

  /// Turns scores into weights except for a factor, which it returns; writes logsumexp. Lanes beyond the row
  /// are arbitrary.
  HEED_OUT_OF_LINE Floats softmax(const WindowHead& head, int32_t y, int32_t x, float* score) {
    const WindowRows rows = rows_taking_part(p, l, y);
    const int32_t begin = rows.begin * p.size, end = rows.end * p.size;
    Floats largest = splat(-3e38f);
    for (int32_t n = begin; n < end; ++n) largest = maximum(largest, load(score + n * kLanes));
    Floats sum = {};
    for (int32_t n = begin; n < end; ++n) {
      const Floats e = weight_of(load(score + n * kLanes) - largest);
      store(score + n * kLanes, e);
      sum += e;
    }
    if (head.dropout.threshold) drop(head, y, x, score, rows);
    float logsumexp[kLanes];
    store(logsumexp, largest + logarithm(sum));
    for (int32_t n = 0; n < kLanes && x + n < l.query_width; ++n) {
      head.logsumexp[int64_t{y} * l.query_width + x + n] = logsumexp[n];
    }
    return 1.0f / sum;
  }

  void drop(const WindowHead& head, int32_t y, int32_t x, float* weight, WindowRows rows) {
    const DropoutVector dropout(p, l, head.dropout, y, x);
    for (int32_t dy = rows.begin; dy < rows.end; ++dy) {
      for (int32_t dx = 0; dx < p.size; ++dx) {
        float* at = weight + (dy * p.size + dx) * kLanes;
        store(at, load(at) * dropout.factor(dy, dx));
      }
    }
  }
};

inline int64_t window_forward_scratch(const WindowProblem& p, int32_t begin, int32_t end) noexcept {
  Arena arena;
  WindowForward(p, begin, end, arena);
  return arena.used;
}

inline void window_forward(const WindowProblem& p, const WindowHead& head, int32_t begin, int32_t end,
                           float* scratch) noexcept {
  Arena arena{scratch};
  WindowForward(p, begin, end, arena).run(head, begin, end);
}

}  // namespace
}  // namespace heed::kernels
