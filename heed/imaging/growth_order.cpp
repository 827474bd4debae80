// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/growth_order.h"

#include <algorithm>

namespace heed::imaging {
namespace {

/// The rectangle along which a ring runs, and which of its sides are inside the image.
struct Frame {
  int64_t top, bottom, left, right;  ///< inclusive
  bool has_top, has_bottom, has_left, has_right;
};

Frame frame_of(const Seed& seed, int64_t number, int64_t height, int64_t width) {
  Frame f{seed.row - number,
          seed.row + seed.side - 1 + number,
          seed.column - number,
          seed.column + seed.side - 1 + number,
          false,
          false,
          false,
          false};
  f.has_top = f.top >= 0;
  f.has_bottom = f.bottom < height;
  f.has_left = f.left >= 0;
  f.has_right = f.right < width;
  f.top = std::max<int64_t>(f.top, 0);
  f.bottom = std::min(f.bottom, height - 1);
  f.left = std::max<int64_t>(f.left, 0);
  f.right = std::min(f.right, width - 1);
  return f;
}

/// Follows the ring clockwise from the top left corner, without sides outside the image.
Run around(const Frame& f) {
  Run run;
  const int64_t first_row = f.top + (f.has_top ? 1 : 0), last_row = f.bottom - (f.has_bottom ? 1 : 0);
  if (f.has_top)
    for (int64_t x = f.left; x <= f.right; ++x) run.push_back({f.top, x});
  if (f.has_right)
    for (int64_t y = first_row; y <= last_row; ++y) run.push_back({y, f.right});
  if (f.has_bottom)
    for (int64_t x = f.right; x >= f.left; --x) run.push_back({f.bottom, x});
  if (f.has_left)
    for (int64_t y = last_row; y >= first_row; --y) run.push_back({y, f.left});
  return run;
}

/// The two arms of a corner, alternately from their ends inwards, then the corner itself.
Run corner(int64_t row, int64_t column, int64_t down, int64_t right, int64_t reach) {
  Run run;
  for (int64_t i = reach; i >= 1; --i) {
    run.push_back({row, column + i * right});
    run.push_back({row + i * down, column});
  }
  run.push_back({row, column});
  return run;
}

}  // namespace

Ring growth_ring(const Seed& seed, int64_t number, int64_t height, int64_t width, int64_t reach) {
  const Frame f = frame_of(seed, number, height, width);
  Ring ring;
  if (!f.has_top && !f.has_bottom && !f.has_left && !f.has_right) return ring;
  // Long enough for two corners and a side between them that does not overlap either.
  const int64_t long_enough = 3 * (reach + 1);
  if (f.bottom - f.top + 1 < long_enough || f.right - f.left + 1 < long_enough) {
    ring.sides.push_back(around(f));
    return ring;
  }
  // Where two sides meet, the corner and the last `reach` pixels of both are left for later.
  const auto cut = [&](bool met) { return met ? reach + 1 : 0; };
  const auto add_row = [&](int64_t row) {
    Run run;
    for (int64_t x = f.left + cut(f.has_left); x <= f.right - cut(f.has_right); ++x) run.push_back({row, x});
    ring.sides.push_back(std::move(run));
  };
  const auto add_column = [&](int64_t column) {
    Run run;
    for (int64_t y = f.top + cut(f.has_top); y <= f.bottom - cut(f.has_bottom); ++y)
      run.push_back({y, column});
    ring.sides.push_back(std::move(run));
  };
  if (f.has_top) add_row(f.top);
  if (f.has_bottom) add_row(f.bottom);
  if (f.has_left) add_column(f.left);
  if (f.has_right) add_column(f.right);
  if (f.has_top && f.has_left) ring.corners.push_back(corner(f.top, f.left, 1, 1, reach));
  if (f.has_top && f.has_right) ring.corners.push_back(corner(f.top, f.right, 1, -1, reach));
  if (f.has_bottom && f.has_left) ring.corners.push_back(corner(f.bottom, f.left, -1, 1, reach));
  if (f.has_bottom && f.has_right) ring.corners.push_back(corner(f.bottom, f.right, -1, -1, reach));
  return ring;
}

}  // namespace heed::imaging
