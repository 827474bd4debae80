// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "heed/data/graph/graph_set.h"
#include "heed/data/sphere/point.h"

namespace heed::sphere {

using SignalBytes = std::vector<uint8_t>;
using SignalFloats = std::vector<float>;

/// Signals on the sphere that share their points: N samples, each with C values at P points. What a file does not
/// have is empty.
struct SignalSet {
  std::string geometry;        ///< the points' name: one of sphere_points(), else "grid" or "points"
  std::vector<float> points;   ///< [P, 3], unit length
  std::vector<float> weights;  ///< [P], shares of the sphere's area; not negative, they sum to 1

  int64_t samples = 0, channels = 0;               ///< N and C
  std::variant<SignalFloats, SignalBytes> values;  ///< [N, P, C], finite
  std::vector<std::string> channel_names;          ///< [C]

  graph::Targets targets;           ///< a row for each sample: of level kGraph, or kNone where there are none
  std::vector<graph::Split> split;  ///< [N]
  std::vector<std::string> sample_names;  ///< [N]

  int64_t point_count() const { return static_cast<int64_t>(points.size() / 3); }
  /// The points in double precision.
  std::vector<Point> unit_points() const;
  /// "600 samples of 1 channel on 2,562 points (ico4)".
  std::string line() const;

  /// The first promise of this page that does not hold, in words; "" where all hold.
  std::string flaw() const;
};

/// Points of a geometry in single precision, as a set keeps them: [P, 3].
std::vector<float> packed_points(const std::vector<Point>& points);

}  // namespace heed::sphere
