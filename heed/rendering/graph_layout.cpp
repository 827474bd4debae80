// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/graph_layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace heed::rendering {
namespace {

using Vector = std::array<double, 3>;
using Matrix = std::array<Vector, 3>;

Point minus(Point a, Point b) {
  return {a.x - b.x, a.y - b.y};
}

/// Covariance of points about their mean, which is subtracted.
Matrix centred_covariance(std::vector<Vector>& points) {
  Vector mean{};
  for (const auto& point : points)
    for (size_t a = 0; a < 3; ++a) mean[a] += point[a] / static_cast<double>(points.size());
  Matrix covariance{};
  for (auto& point : points) {
    for (size_t a = 0; a < 3; ++a) point[a] -= mean[a];
    for (size_t a = 0; a < 3; ++a)
      for (size_t b = 0; b < 3; ++b) covariance[a][b] += point[a] * point[b];
  }
  return covariance;
}

double length(const Vector& v) {
  return std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}
double dot(const Vector& a, const Vector& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/// The direction of the largest eigenvalue of a symmetric matrix, at a right angle to `other`, by the power method.
Vector main_direction(const Matrix& matrix, const Vector& other) {
  Vector direction{0.48, 0.6, 0.64};  // along no axis: points in a plane between axes have none of some
  if (std::abs(dot(direction, other)) > 0.8) direction = {0.6, -0.64, 0.48};
  for (int round = 0; round < 200; ++round) {
    Vector next{};
    for (size_t a = 0; a < 3; ++a) next[a] = dot(matrix[a], direction) + 1e-9 * direction[a];
    const double along = dot(next, other);
    for (size_t a = 0; a < 3; ++a) next[a] -= along * other[a];
    const double size = length(next);
    if (!(size > 0)) break;
    for (size_t a = 0; a < 3; ++a) direction[a] = next[a] / size;
  }
  return direction;
}

}  // namespace

std::vector<Point> spring_layout(size_t nodes, std::span<const std::pair<size_t, size_t>> edges) {
  constexpr int kRounds = 400;
  std::vector<Point> places(nodes);
  // A spiral: no two nodes at one place, none on a line of symmetry that forces could not leave.
  for (size_t i = 0; i < nodes; ++i) {
    const double angle = std::numbers::pi * (3 - std::sqrt(5.0)) * static_cast<double>(i);
    const double radius = std::sqrt(static_cast<double>(i) + 0.5);
    places[i] = {radius * std::cos(angle), radius * std::sin(angle)};
  }
  for (int round = 0; round < kRounds; ++round) {
    std::vector<Point> force(nodes);
    const auto push = [&](size_t i, size_t j, double strength, Point way) {
      force[i].x += strength * way.x, force[i].y += strength * way.y;
      force[j].x -= strength * way.x, force[j].y -= strength * way.y;
    };
    for (size_t i = 0; i < nodes; ++i) {
      for (size_t j = i + 1; j < nodes; ++j) {
        const Point way = minus(places[i], places[j]);
        push(i, j, 1 / std::max(way.x * way.x + way.y * way.y, 1e-4), way);
      }
    }
    for (const auto& [i, j] : edges) {
      const Point way = minus(places[i], places[j]);
      if (i != j) push(i, j, -std::hypot(way.x, way.y), way);
    }
    const double most = 0.5 * (1 - static_cast<double>(round) / kRounds) + 0.002;  // cooling
    for (size_t i = 0; i < nodes; ++i) {
      const double size = std::hypot(force[i].x, force[i].y);
      const double step = size > 0 ? std::min(most, size) / size : 0;
      places[i].x += step * force[i].x;
      places[i].y += step * force[i].y;
    }
  }
  return places;
}

std::vector<Point> flat_view(std::span<const float> points) {
  std::vector<Vector> vectors;
  for (size_t i = 0; i + 2 < points.size(); i += 3)
    vectors.push_back({points[i], points[i + 1], points[i + 2]});
  if (vectors.empty()) return {};
  std::vector<Point> places;
  const auto in_plane = [&](const Vector& vector) { return vector[2] == vectors.front()[2]; };
  if (std::all_of(vectors.begin(), vectors.end(), in_plane)) {
    for (const auto& vector : vectors) places.push_back({vector[0], -vector[1]});
    return places;
  }
  const Matrix covariance = centred_covariance(vectors);
  const Vector first = main_direction(covariance, {});
  const Vector second = main_direction(covariance, first);
  for (const auto& vector : vectors) places.push_back({dot(vector, first), dot(vector, second)});
  return places;
}

}  // namespace heed::rendering
