// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/sphere_drawing.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <vector>

#include "heed/rendering/canvas.h"

namespace heed::rendering {
namespace {

using Vector = std::array<double, 3>;

double inner_product(const Vector& a, const Vector& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
Vector cross_product(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
Vector normal(const Vector& vector) {
  const double length = std::hypot(vector[0], vector[1], vector[2]);
  if (!(length > 0)) throw std::invalid_argument("a point of a sphere lies at its centre");
  return {vector[0] / length, vector[1] / length, vector[2] / length};
}

/// Where one looks from, and which ways are right and up there.
struct View {
  Vector front, right, up;
};

View view_of(std::span<const SpherePoint> points, const std::vector<Vector>& places,
             const std::optional<size_t>& asked) {
  Vector front{};
  if (asked) {
    front = places[*asked];
  } else {
    for (size_t i = 0; i < points.size(); ++i)
      for (size_t axis = 0; axis < 3; ++axis) front[axis] += points[i].value * places[i][axis];
    if (std::hypot(front[0], front[1], front[2]) < 1e-9) front = {0, 0, 1};
    front = normal(front);
  }
  const Vector pole = std::abs(front[2]) < 0.95 ? Vector{0, 0, 1} : Vector{0, 1, 0};
  const Vector right = normal(cross_product(pole, front));
  return {front, right, cross_product(front, right)};
}

/// One half of the sphere on the canvas.
struct Half {
  Point middle;
  double radius;
  double side;  ///< 1: in front, -1: behind

  Point pixel(const View& view, const Vector& place) const {
    return {middle.x + radius * inner_product(view.right, place),
            middle.y - radius * inner_product(view.up, place)};
  }
};

/// The cap of the sphere around a place, foreshortened as it is seen.
std::vector<Point> cap(const Half& half, const View& view, const Vector& place, double angle) {
  constexpr int kCorners = 12;
  const Vector other = std::abs(place[2]) < 0.5 ? Vector{0, 0, 1} : Vector{1, 0, 0};
  const Vector a = normal(cross_product(other, place)), b = cross_product(place, a);
  std::vector<Point> corners;
  for (int i = 0; i < kCorners; ++i) {
    const double turn = 2 * std::numbers::pi * i / kCorners;
    Vector corner;
    for (size_t axis = 0; axis < 3; ++axis)
      corner[axis] = std::cos(angle) * place[axis] +
                     std::sin(angle) * (std::cos(turn) * a[axis] + std::sin(turn) * b[axis]);
    corners.push_back(half.pixel(view, corner));
  }
  return corners;
}

constexpr Color kAttention{0.84, 0.37, 0.0};

void draw_half(Canvas& canvas, const Half& half, const View& view, std::span<const SpherePoint> points,
               const std::vector<Vector>& places, const std::optional<size_t>& asked) {
  canvas.fill_circle(half.middle, half.radius, mix(kWhite, kGrid, 0.6));
  // A cap of each point covers a little more than its share of the sphere: 4 pi / points.
  const double angle = 1.15 * std::acos(std::max(-1.0, 1 - 2 / static_cast<double>(points.size())));
  double most = 0;
  for (const auto& point : points) most = std::max(most, point.weight);
  const auto is_seen = [&](size_t i) { return half.side * inner_product(view.front, places[i]) >= 0; };
  for (size_t i = 0; i < points.size(); ++i) {
    const double value = std::clamp(points[i].value, 0.0, 1.0);
    if (value > 0 && is_seen(i))
      canvas.fill_polygon(cap(half, view, places[i], angle), mix(kWhite, kInk, 0.08 + 0.72 * value));
  }
  for (size_t i = 0; i < points.size(); ++i) {
    if (!(points[i].weight > 0) || !is_seen(i)) continue;
    const double share = points[i].weight / most;
    canvas.fill_polygon(cap(half, view, places[i], 0.75 * angle * std::sqrt(share)),
                        with_alpha(kAttention, 0.9));
  }
  canvas.outline_circle(half.middle, half.radius, {.color = kAxis, .width = 1.5});
  if (asked && is_seen(*asked))
    canvas.outline_circle(half.pixel(view, places[*asked]), std::max(6.0, 1.3 * angle * half.radius),
                          {.color = kInk, .width = 2.5});
}

}  // namespace

void draw_sphere(std::span<const SpherePoint> points, const SphereDrawingOptions& options,
                 const std::filesystem::path& path) {
  if (points.empty()) throw std::invalid_argument("a sphere to draw has no points");
  if (options.asked && *options.asked >= points.size())
    throw std::invalid_argument("the marked point of a sphere is not there");
  std::vector<Vector> places;
  for (const auto& point : points) places.push_back(normal(point.place));
  const View view = view_of(points, places, options.asked);

  const double width = options.size, radius = 0.225 * width;
  const double middle = 64 + radius, height = middle + radius + 66;
  const bool vectors = path.extension() == ".svg";
  Canvas canvas(options.size, static_cast<int>(height), kWhite,
                vectors ? Canvas::Kind::kVectors : Canvas::Kind::kPixels);
  canvas.text(options.title, {35, 34}, {.size = 17, .bold = true, .max_width = width - 70});
  canvas.text(options.note, {35, height - 16}, {.size = 13, .color = kMuted, .max_width = width - 70});
  for (const double side : {1.0, -1.0}) {
    const Half half{{(side > 0 ? 0.26 : 0.74) * width, middle}, radius, side};
    draw_half(canvas, half, view, points, places, options.asked);
    canvas.text(side > 0 ? "front" : "behind", {half.middle.x, middle + radius + 22},
                {.size = 13, .color = kMuted, .align_x = AlignX::kCenter});
  }
  canvas.write(path);
}

}  // namespace heed::rendering
