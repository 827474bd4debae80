// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/simd.h"
#include "heed/kernels/window_attention.h"
#include "heed/kernels/window_columns.h"

/// The memory layout of the window kernels. Keys and values are in channels, [image row, channel, phase,
/// place]: the pixel of column x has phase x % stride and place before + x / stride, with zeros on both
/// sides. So the pixels that a vector of queries sees in one column of their windows are kLanes contiguous
/// numbers, for any stride.
namespace heed::kernels {
namespace {

/// Channels are processed this many at a time; zeros fill up head_dim.
constexpr int kChannels = 8;
/// Query rows that share the loads of a key row: as many as have their sums in registers.
constexpr int kBlockRows = 3;

constexpr int32_t round_up(int32_t x, int32_t to) {
  return (x + to - 1) / to * to;
}

struct WindowLayout {
  int32_t radius, depth, query_height, query_width;
  int32_t columns;         ///< query_width, rounded up to whole vectors
  int32_t before, after;   ///< reach of a window to the left and to the right, in places
  int32_t pitch, channel;  ///< places in a phase and in a channel of keys and values
  int32_t tile_before,
      tile;                   ///< first place in a row of queries, and places with margins on both sides
  int32_t grad_channel;       ///< places in a channel of the gradients of keys and values
  int64_t key_row, grad_row;  ///< floats in an image row
  int32_t places;             ///< cells of a window, size * size

  explicit WindowLayout(const WindowProblem& p)
      : radius(p.size / 2),
        depth(round_up(p.head_dim, kChannels)),
        query_height((p.height + p.stride - 1) / p.stride),
        query_width((p.width + p.stride - 1) / p.stride),
        columns(round_up(query_width, kLanes)),
        before((radius + p.stride - 1) / p.stride),
        after(radius / p.stride),
        pitch(round_up(before + columns + after, kLanes)),
        channel(pitch * p.stride),
        tile_before(round_up(after, kLanes)),
        tile(tile_before + columns + round_up(before, kLanes)),
        grad_channel(columns * p.stride),
        key_row(int64_t{depth} * channel),
        grad_row(int64_t{depth} * grad_channel),
        places(p.size * p.size) {}
};

/// Allocates pieces of a scratch; without one, counts them.
struct Arena {
  float* base = nullptr;
  int64_t used = 0;

  float* take(int64_t floats) {
    float* piece = base ? base + used : nullptr;
    used += (floats + 15) / 16 * 16;
    return piece;
  }
};

/// The offset of a window's column: the place that the first query sees, from the start of a channel.
inline int32_t column_offset(const WindowProblem& p, const WindowLayout& l, int32_t dx) {
  const int32_t at = dx - l.radius + l.before * p.stride;
  return at % p.stride * l.pitch + at / p.stride;
}

/// Pixels in a phase.
inline int32_t phase_columns(const WindowProblem& p, int32_t phase) {
  return phase < p.width ? (p.width - phase + p.stride - 1) / p.stride : 0;
}

/// One image row of keys or values.
inline void read_key_row(const WindowProblem& p, const WindowLayout& l, Rows from, int32_t row, float* to) {
  for (int32_t phase = 0; phase < p.stride; ++phase) {
    float* plane = to + phase * l.pitch;
    const int32_t count = phase_columns(p, phase), filled = round_up(count, kSquare);
    for (int32_t c = 0; c < l.depth; ++c) fill(plane + c * l.channel, l.before, 0);
    read_columns(from, p.element, int64_t{row} * p.width + phase, p.stride, count, filled, p.head_dim,
                 l.depth, 1, plane + l.before, l.channel);
    for (int32_t c = 0; c < l.depth; ++c) {
      fill(plane + c * l.channel + l.before + filled, l.pitch - l.before - filled, 0);
    }
  }
}

/// What forward and backward both need from a head.
struct WindowPlanes {
  int32_t* offset;      ///< [size] column_offset
  float* border;        ///< [stride, pitch] added to scores: -infinity beyond a masked border, otherwise 0
  float *row, *column;  ///< [size, head_dim / 2] tables
  float *key, *value;   ///< key rows of the band

  WindowPlanes(const WindowProblem& p, const WindowLayout& l, WindowKeyRows rows, Arena& arena) {
    offset = reinterpret_cast<int32_t*>(arena.take(p.size));
    border = arena.take(l.channel);
    const int64_t table = p.relation ? int64_t{p.size} * (p.head_dim / 2) : 0;
    row = arena.take(table);
    column = arena.take(table);
    key = arena.take((rows.end - rows.begin) * l.key_row);
    value = arena.take((rows.end - rows.begin) * l.key_row);
  }

  void read(const WindowProblem& p, const WindowLayout& l, const WindowHead& head, WindowKeyRows rows) {
    for (int32_t dx = 0; dx < p.size; ++dx) offset[dx] = column_offset(p, l, dx);
    fill(border, l.channel, p.zero_border ? 0 : -kInfinity);
    for (int32_t x = 0; x < p.width; ++x) border[x % p.stride * l.pitch + l.before + x / p.stride] = 0;
    if (p.relation) {
      // A table is [size, head_dim / 2]: number by number, so that it is not transposed.
      read_table(p, head.row, row);
      read_table(p, head.column, column);
    }
    for (int32_t y = rows.begin; y < rows.end; ++y) {
      read_key_row(p, l, head.key, y, key + (y - rows.begin) * l.key_row);
      read_key_row(p, l, head.value, y, value + (y - rows.begin) * l.key_row);
    }
  }

 private:
  static void read_table(const WindowProblem& p, Rows from, float* to) {
    const int32_t half = p.head_dim / 2;
    for (int32_t i = 0; i < p.size; ++i) {
      for (int32_t c = 0; c < half; ++c) {
        const int64_t at = i * from.stride + c;
        *to++ = p.element == Element::kFloat ? static_cast<const float*>(from.data)[at]
                                             : from_bfloat16(static_cast<const uint16_t*>(from.data)[at]);
      }
    }
  }
};

}  // namespace
}  // namespace heed::kernels
