// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace heed::imaging {

struct Pixel {
  int64_t row = 0, column = 0;
  bool operator==(const Pixel&) const = default;
};

/// Where a picture grows from: rows row..row+side-1, columns column..column+side-1.
struct Seed {
  int64_t row = 0, column = 0, side = 0;
};

/// Pixels to be filled one after the other.
using Run = std::vector<Pixel>;

/// A ring of pixels around what is filled. The runs of `sides` cannot see each other, so that they may be
/// filled at once; then those of `corners`, which cannot see each other either but see the sides.
struct Ring {
  std::vector<Run> sides, corners;
};

/// Ring number 1, 2, ... around the seed, in onion order, cut off at the picture's border; empty beyond it.
/// A pixel sees what is at most `reach` rows and columns away. Where a ring is too small for runs that cannot
/// see each other, `sides` is one run. In a run each pixel has the filled ones of the ring inside it, and the
/// one before it, for neighbours: the most that any order gives.
Ring growth_ring(const Seed& seed, int64_t number, int64_t height, int64_t width, int64_t reach);

}  // namespace heed::imaging
