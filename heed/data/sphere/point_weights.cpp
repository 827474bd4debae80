// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/point_weights.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>

#include "heed/data/sphere/sphere_points.h"

namespace heed::sphere {
namespace {

/// The names of sphere_points() that have so many points.
std::vector<std::string> names_of_size(size_t count) {
  std::vector<std::string> names;
  for (int level = 0; level <= kMaxIcosahedronLevel; ++level)
    if (count == (size_t{10} << 2 * level) + 2) names.push_back("ico" + std::to_string(level));
  for (size_t nside = 1; nside <= kMaxNside; ++nside)
    if (count == 12 * nside * nside) names.push_back("healpix" + std::to_string(nside));
  for (size_t bandwidth = 1; bandwidth <= kMaxBandwidth; ++bandwidth)
    if (count == 4 * bandwidth * bandwidth) names.push_back("dh" + std::to_string(bandwidth));
  return names;
}

bool about_equal(const Point& a, const Point& b) {
  constexpr double kTolerance = 1e-4;
  for (size_t i = 0; i < 3; ++i)
    if (!(std::abs(a[i] - b[i]) <= kTolerance)) return false;
  return true;
}

/// Points of one latitude, one after another in the order of latitudes.
struct Circle {
  double latitude = 0;  ///< radians
  int64_t count = 0;
};

/// The circles of a grid from south to north, and the circle of each point; nothing if it is no grid.
std::optional<std::vector<Circle>> circles_of(std::span<const Point> points, std::vector<size_t>& circle_of) {
  constexpr double kSameLatitude = 1e-5;
  std::vector<double> latitudes;
  for (const Point& point : points) latitudes.push_back(std::atan2(point[2], std::hypot(point[0], point[1])));
  std::vector<size_t> order(points.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return latitudes[a] < latitudes[b]; });
  std::vector<Circle> circles;
  circle_of.resize(points.size());
  for (const size_t i : order) {
    if (circles.empty() || latitudes[i] - circles.back().latitude > kSameLatitude)
      circles.push_back({latitudes[i], 0});
    ++circles.back().count;
    circle_of[i] = circles.size() - 1;
  }
  const auto other = [&](const Circle& circle) { return circle.count != circles.front().count; };
  const bool grid =
      circles.size() > 1 && circles.front().count >= 3 && std::none_of(circles.begin(), circles.end(), other);
  return grid ? std::optional(circles) : std::nullopt;
}

/// The share of each point of circle i.
double circle_share(const std::vector<Circle>& circles, size_t i) {
  const auto edge = [&](size_t above) {
    return std::sin((circles[above - 1].latitude + circles[above].latitude) / 2);
  };
  const double south = i == 0 ? -1 : edge(i), north = i + 1 == circles.size() ? 1 : edge(i + 1);
  return (north - south) / 2 / static_cast<double>(circles[i].count);
}

}  // namespace

Geometry recognised(std::span<const Point> points) {
  for (const auto& name : names_of_size(points.size())) {
    const SpherePoints known = sphere_points(name);
    if (std::equal(points.begin(), points.end(), known.points.begin(), about_equal))
      return {name, known.weights};
  }
  Geometry made{"points", std::vector<double>(points.size(), 1.0 / static_cast<double>(points.size()))};
  std::vector<size_t> circle_of;
  if (const auto circles = circles_of(points, circle_of)) {
    made.name = "grid";
    for (size_t i = 0; i < points.size(); ++i) made.weights[i] = circle_share(*circles, circle_of[i]);
  }
  return made;
}

}  // namespace heed::sphere
