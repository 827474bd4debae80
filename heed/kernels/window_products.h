// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/window_layout.h"

/// The three products of window attention. Each computes a vector of neighbouring queries (or keys) with its
/// sums in registers.
/// Not inlined: they are large, and have several callers.
#define HEED_OUT_OF_LINE __attribute__((noinline))

namespace heed::kernels {
namespace {

/// One pointer for each of N query rows.
template <typename T>
struct PerRow {
  T* row[kBlockRows];
};

/// Keys or values of one image row, as a vector of queries sees them.
struct KeyRow {
  const float* data;      ///< channel 0, first place
  int32_t channel;        ///< floats between channels
  const int32_t* offset;  ///< [size] of the columns of the window
};

// Query . key.

/// Columns of the window whose sums, for kBlockRows rows of queries, fit in registers.
constexpr int kScoreColumns = kLanes == 16 ? 7 : 4;

template <bool kUnitStride, int N, int C>
HEED_OUT_OF_LINE void score_columns(int depth, const PerRow<const float>& query, int64_t query_step,
                                    const KeyRow& key, int first, const PerRow<const float>& row_term,
                                    const PerRow<const float>& column_term, const PerRow<float>& out,
                                    int64_t out_step) {
  Floats sums[N][C];
#pragma GCC unroll 3
  for (int i = 0; i < N; ++i) {
    const Floats term = row_term.row[0] ? load(row_term.row[i]) : Floats{};
#pragma GCC unroll 7
    for (int c = 0; c < C; ++c) {
      sums[i][c] = column_term.row[0] ? term + load(column_term.row[i] + (first + c) * kLanes) : term;
    }
  }
  const float* from = key.data + (kUnitStride ? key.offset[first] : 0);
  for (int d = 0; d < depth; ++d, from += key.channel) {
    Floats x[N];
#pragma GCC unroll 3
    for (int i = 0; i < N; ++i) x[i] = load(query.row[i] + d * query_step);
#pragma GCC unroll 7
    for (int c = 0; c < C; ++c) {
      const Floats y = load(from + (kUnitStride ? c : key.offset[first + c]));
#pragma GCC unroll 3
      for (int i = 0; i < N; ++i) sums[i][c] += x[i] * y;
    }
  }
#pragma GCC unroll 3
  for (int i = 0; i < N; ++i) {
#pragma GCC unroll 7
    for (int c = 0; c < C; ++c) store(out.row[i] + (first + c) * out_step, sums[i][c]);
  }
}

/// Makes `count`, at most C columns, a constant.
template <bool kUnitStride, int N, int C>
inline void score_pieces(int count, int depth, const PerRow<const float>& query, int64_t query_step,
                         const KeyRow& key, int first, const PerRow<const float>& row_term,
                         const PerRow<const float>& column_term, const PerRow<float>& out, int64_t out_step) {
  if (count == C) {
    score_columns<kUnitStride, N, C>(depth, query, query_step, key, first, row_term, column_term, out,
                                     out_step);
  } else if constexpr (C > 1) {
    score_pieces<kUnitStride, N, C - 1>(count, depth, query, query_step, key, first, row_term, column_term,
                                        out, out_step);
  }
}

/// out[i][dx] = row_term[i] + column_term[i][dx] + sum over channels of query[i] * key seen at column dx of
/// the window; absent terms are 0. The sum of a cell does not depend on N, so that backward computes the same
/// bits as forward.
template <bool kUnitStride, int N>
inline void score_row(int depth, int size, const PerRow<const float>& query, int64_t query_step,
                      const KeyRow& key, const PerRow<const float>& row_term,
                      const PerRow<const float>& column_term, const PerRow<float>& out, int64_t out_step) {
  for (int c = 0; c < size;) {
    const int pieces = (size - c + kScoreColumns - 1) / kScoreColumns,
              count = (size - c + pieces - 1) / pieces;
    score_pieces<kUnitStride, N, kScoreColumns>(count, depth, query, query_step, key, c, row_term,
                                                column_term, out, out_step);
    c += count;
  }
}

// Weights . values.

constexpr int kWeighChannels = kLanes == 16 ? 8 : 4;

/// out[i][channel] += sum over dx of weight[i][dx] * value seen at column dx, out [channel, kLanes].
template <int N>
HEED_OUT_OF_LINE void weigh_row(int depth, int size, const PerRow<const float>& weight, int64_t weight_step,
                                const KeyRow& value, const PerRow<float>& out) {
  for (int d = 0; d < depth; d += kWeighChannels) {
    Floats sums[N][kWeighChannels];
#pragma GCC unroll 3
    for (int i = 0; i < N; ++i) {
#pragma GCC unroll 8
      for (int n = 0; n < kWeighChannels; ++n) sums[i][n] = load(out.row[i] + (d + n) * kLanes);
    }
    const float* from = value.data + int64_t{d} * value.channel;
    for (int c = 0; c < size; ++c) {
      Floats x[N];
#pragma GCC unroll 3
      for (int i = 0; i < N; ++i) x[i] = load(weight.row[i] + c * weight_step);
      const float* seen = from + value.offset[c];
#pragma GCC unroll 8
      for (int n = 0; n < kWeighChannels; ++n) {
        const Floats y = load(seen + n * int64_t{value.channel});
#pragma GCC unroll 3
        for (int i = 0; i < N; ++i) sums[i][n] += x[i] * y;
      }
    }
#pragma GCC unroll 3
    for (int i = 0; i < N; ++i) {
#pragma GCC unroll 8
      for (int n = 0; n < kWeighChannels; ++n) store(out.row[i] + (d + n) * kLanes, sums[i][n]);
    }
  }
}

// From queries back to keys.

/// Window rows, and channels, whose sums are in registers at once.
constexpr int kSpreadRows = 3;
constexpr int kSpreadChannels = kLanes == 16 ? 8 : 4;

/// A row of queries, as a vector of keys sees it: column dx of the window adds the query that is `shift`
/// places to the left.
struct Spread {
  int32_t first, by, size;  ///< columns of the window that have the phase of the keys
  int32_t shift;            ///< of the first column; one more for each next one
  int64_t column, row;      ///< floats between the weights of neighbouring columns, and rows, of the window
  int64_t tile;             ///< floats between channels of the queries
  int64_t grad_channel, grad_row;
};

/// grad[m][channel] += sum over dx of weight[m][dx] * numbers[channel], for M rows of the window.
template <int M>
HEED_OUT_OF_LINE void spread_rows(const Spread& s, int depth, const float* weight, const float* numbers,
                                  float* grad) {
  for (int d = 0; d < depth; d += kSpreadChannels) {
    Floats sums[M][kSpreadChannels];
#pragma GCC unroll 3
    for (int m = 0; m < M; ++m) {
#pragma GCC unroll 8
      for (int n = 0; n < kSpreadChannels; ++n)
        sums[m][n] = load(grad + m * s.grad_row + (d + n) * s.grad_channel);
    }
    const float* from = numbers + d * s.tile - s.shift;
    const float* by = weight + s.first * s.column - s.shift;
    for (int dx = s.first; dx < s.size; dx += s.by, --from, by += s.by * s.column - 1) {
      Floats x[M];
#pragma GCC unroll 3
      for (int m = 0; m < M; ++m) x[m] = load(by + m * s.row);
#pragma GCC unroll 8
      for (int n = 0; n < kSpreadChannels; ++n) {
        const Floats y = load(from + n * s.tile);
#pragma GCC unroll 3
        for (int m = 0; m < M; ++m) sums[m][n] += x[m] * y;
      }
    }
#pragma GCC unroll 3
    for (int m = 0; m < M; ++m) {
#pragma GCC unroll 8
      for (int n = 0; n < kSpreadChannels; ++n)
        store(grad + m * s.grad_row + (d + n) * s.grad_channel, sums[m][n]);
    }
  }
}

inline void spread(const Spread& s, int rows, int depth, const float* weight, const float* numbers,
                   float* grad) {
  for (; rows >= 3; rows -= 3, weight += 3 * s.row, grad += 3 * s.grad_row) {
    if (rows == 4) break;  // four rows as two and two
    spread_rows<3>(s, depth, weight, numbers, grad);
  }
  for (; rows >= 2; rows -= 2, weight += 2 * s.row, grad += 2 * s.grad_row) {
    spread_rows<2>(s, depth, weight, numbers, grad);
  }
  if (rows == 1) spread_rows<1>(s, depth, weight, numbers, grad);
}

}  // namespace
}  // namespace heed::kernels
