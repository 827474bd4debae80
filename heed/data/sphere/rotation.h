// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "heed/data/sphere/point.h"

namespace heed::sphere {

/// The rows of a rotation matrix M; a point p becomes M p.
using Rotation = std::array<Point, 3>;

inline constexpr Rotation kNoRotation{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};

/// The rotation that belongs to three numbers from 0 to 1; where these are uniform and independent, so is the rotation.
/// Arvo 1992, Fast random rotation matrices, Graphics Gems III: a turn about the z axis, then half a turn about a
/// random axis. s2cnn makes the same matrix of the same numbers.
Rotation arvo_rotation(const std::array<double, 3>& uniform);

/// A uniform random rotation. It depends on the seed and the number alone, on no other rotation and no machine's
/// distributions.
Rotation random_rotation(uint64_t seed, uint64_t number);

Point rotated(const Rotation& rotation, const Point& point);
std::vector<Point> rotated(const Rotation& rotation, std::span<const Point> points);

}  // namespace heed::sphere
