// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace heed::imaging {

struct Pixel {
  int64_t row = 0, column = 0;
  bool operator==(const Pixel&) const = default;
};

/// The area from which an image grows: rows [row, row + side), columns [column, column + side).
struct Seed {
  int64_t row = 0, column = 0, side = 0;
};

/// Pixels to be filled one after another.
using Run = std::vector<Pixel>;

/// A ring of pixels around the filled area. The runs of `sides` do not see each other and may be filled
/// concurrently; then those of `corners`, which see the sides but not each other.
struct Ring {
  std::vector<Run> sides, corners;
};

/// Returns ring number 1, 2, ... around the seed, in onion order, clipped to the image; empty beyond it. A
/// pixel sees pixels at most `reach` rows and columns away. If a ring is too small for independent runs,
/// `sides` is one run. In a run, a pixel's neighbours are the filled pixels of the inner ring and its
/// predecessor: the most that any order allows.
Ring growth_ring(const Seed& seed, int64_t number, int64_t height, int64_t width, int64_t reach);

}  // namespace heed::imaging
