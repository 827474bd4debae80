// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/data/sphere/point.h"

namespace heed::sphere {

/// For each point the numbers of its `k` nearest other points, the nearest first: [points, k]. Nearest by great-circle
/// angle; points at equal angles, in double precision, stand in the order of their numbers. Mirrored neighbours on a
/// symmetric grid may differ in the last bit, so a rotated grid can order them otherwise.
///
/// Time: about points^1.5 k^0.5 on evenly spread points (less than 0.1 s for 10,242 and k = 20), points^2 where all
/// are of one latitude. Memory: the result. Throws Error(kConfig) if k is negative or there are not k other points.
std::vector<int32_t> nearest(std::span<const Point> points, int64_t k);

}  // namespace heed::sphere
