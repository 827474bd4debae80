// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "heed/data/sphere/point.h"

namespace heed::sphere {

/// What points without weights are, and the weights that follow.
struct Geometry {
  std::string name;
  std::vector<double> weights;  ///< they sum to 1
};

/// Recognises points, in their order:
/// - those of sphere_points(), to 1e-4 in each coordinate: their name and weights;
/// - "grid": circles of latitude with equally many points each, at least 3, such as an equirectangular image has. The
///   area of a circle lies between the middles of latitude to the next ones, and is divided equally among its points;
/// - "points": anything else. Every point counts the same, which is right only where they are evenly spread.
///
/// `points` is not empty. Time: as for sorting them.
Geometry recognised(std::span<const Point> points);

}  // namespace heed::sphere
