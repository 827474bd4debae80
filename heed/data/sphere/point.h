// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <numbers>

namespace heed::sphere {

/// A point of the unit sphere: x, y, z.
using Point = std::array<double, 3>;

/// Degrees. Longitude goes eastward from the x axis, latitude from -90 at the south pole (z = -1) to 90.
struct LonLat {
  double lon = 0, lat = 0;
};

inline double dot(const Point& a, const Point& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

inline Point cross(const Point& a, const Point& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

/// The point in the direction of a vector, which must not be zero.
inline Point direction(const Point& vector) {
  const double length = std::hypot(vector[0], vector[1], vector[2]);
  return {vector[0] / length, vector[1] / length, vector[2] / length};
}

/// The great-circle angle in radians, 0 to pi; accurate for small angles too.
inline double angle_between(const Point& a, const Point& b) {
  const Point normal = cross(a, b);
  return std::atan2(std::sqrt(dot(normal, normal)), dot(a, b));
}

inline Point point_at(const LonLat& degrees) {
  constexpr double kRadians = std::numbers::pi / 180;
  const double lon = degrees.lon * kRadians, lat = degrees.lat * kRadians;
  return {std::cos(lat) * std::cos(lon), std::cos(lat) * std::sin(lon), std::sin(lat)};
}

/// Longitude from -180 to 180; 0 at the poles.
inline LonLat lon_lat(const Point& point) {
  constexpr double kDegrees = 180 / std::numbers::pi;
  const double lat = std::atan2(point[2], std::hypot(point[0], point[1]));
  return {std::atan2(point[1], point[0]) * kDegrees, lat * kDegrees};
}

}  // namespace heed::sphere
