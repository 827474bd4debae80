// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "heed/core/error.h"
#include "heed/data/sphere/sphere_points.h"

namespace heed::sphere {
namespace {

using Face = std::array<uint32_t, 3>;

/// The area of a spherical triangle. van Oosterom and Strackee 1983.
double triangle_area(const Point& a, const Point& b, const Point& c) {
  return 2 * std::atan2(std::abs(dot(a, cross(b, c))), 1 + dot(a, b) + dot(b, c) + dot(c, a));
}

Point midpoint(const Point& a, const Point& b) {
  return direction({a[0] + b[0], a[1] + b[1], a[2] + b[2]});
}

/// The point of equal distance to three.
Point circumcentre(const Point& a, const Point& b, const Point& c) {
  const Point normal =
      direction(cross({b[0] - a[0], b[1] - a[1], b[2] - a[2]}, {c[0] - a[0], c[1] - a[1], c[2] - a[2]}));
  return dot(normal, a) > 0 ? normal : Point{-normal[0], -normal[1], -normal[2]};
}

/// A triangulation of the sphere.
class Triangles {
 public:
  /// The icosahedron: (0, +-1, +-golden ratio) and its cyclic permutations.
  Triangles() {
    const double golden = std::numbers::phi;
    for (size_t axis = 0; axis < 3; ++axis) {
      for (const double one : {1.0, -1.0}) {
        for (const double ratio : {golden, -golden}) {
          Point vertex{};
          vertex[(axis + 1) % 3] = one;
          vertex[(axis + 2) % 3] = ratio;
          points_.push_back(direction(vertex));
        }
      }
    }
    for (uint32_t a = 0; a < 12; ++a)
      for (uint32_t b = a + 1; b < 12; ++b)
        for (uint32_t c = b + 1; c < 12; ++c)
          if (is_edge(a, b) && is_edge(b, c) && is_edge(a, c)) faces_.push_back({a, b, c});
  }

  /// Divides each triangle at the middles of its sides, which become new points.
  void divide() {
    std::unordered_map<uint64_t, uint32_t> middles;
    std::vector<Face> divided;
    for (const auto& [a, b, c] : faces_) {
      const uint32_t ab = middle(a, b, middles), bc = middle(b, c, middles), ca = middle(c, a, middles);
      divided.insert(divided.end(), {{a, ab, ca}, {b, bc, ab}, {c, ca, bc}, {ab, bc, ca}});
    }
    faces_ = std::move(divided);
  }

  /// The triangles are acute, so the cell of a corner inside a triangle lies between the corner, the middles of its two
  /// sides and the circumcentre.
  std::vector<double> voronoi_shares() const {
    std::vector<double> areas(points_.size());
    for (const auto& face : faces_) {
      const Point centre = circumcentre(points_[face[0]], points_[face[1]], points_[face[2]]);
      for (size_t i = 0; i < 3; ++i) {
        const uint32_t here = face[i], next = face[(i + 1) % 3];
        const double half = triangle_area(points_[here], midpoint(points_[here], points_[next]), centre);
        areas[here] += half;
        areas[next] += half;
      }
    }
    double total = 0;
    for (const double area : areas) total += area;
    for (double& area : areas) area /= total;
    return areas;
  }

  std::vector<Point> points() && { return std::move(points_); }

 private:
  bool is_edge(uint32_t a, uint32_t b) const { return dot(points_[a], points_[b]) > 0.4; }

  uint32_t middle(uint32_t a, uint32_t b, std::unordered_map<uint64_t, uint32_t>& middles) {
    const uint64_t key = uint64_t{std::min(a, b)} << 32 | std::max(a, b);
    const auto [found, is_new] = middles.emplace(key, static_cast<uint32_t>(points_.size()));
    if (is_new) points_.push_back(midpoint(points_[a], points_[b]));
    return found->second;
  }

  std::vector<Point> points_;
  std::vector<Face> faces_;
};

}  // namespace

SpherePoints icosahedron(int level) {
  if (level < 0 || level > kMaxIcosahedronLevel) {
    throw Error(ErrorKind::kConfig, "the level of an icosahedron must be from 0 to " +
                                        std::to_string(kMaxIcosahedronLevel) + ", got " +
                                        std::to_string(level));
  }
  Triangles triangles;
  for (int i = 0; i < level; ++i) triangles.divide();
  SpherePoints made;
  made.name = "ico" + std::to_string(level);
  made.weights = triangles.voronoi_shares();
  made.points = std::move(triangles).points();
  return made;
}

}  // namespace heed::sphere
