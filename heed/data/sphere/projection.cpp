// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/projection.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace heed::sphere {
namespace {

constexpr double kOrigin = 2 + 1e-3;      // height from which rays begin; the sphere's centre is at height 1
constexpr double kHalfImage = 1.5;        // half the width of the image on the plane
constexpr double kNearOrigin = 1 - 1e-6;  // z of points whose ray falls steeply onto the image again

/// Two pixels of one axis, and their weights. A pixel may lie beyond the image.
struct Span {
  int64_t pixels[2];
  double weights[2];
};

/// `position` in pixels from the image's edge. Rounds towards zero, as s2cnn does.
Span s2cnn_span(double position) {
  const auto pixel = static_cast<int64_t>(position);
  const auto before = static_cast<double>(pixel - 1), after = static_cast<double>(pixel + 1);
  return {{pixel - 1, pixel + 1}, {after - position, position - before}};
}

Span bilinear_span(double position) {
  const double before = std::floor(position - 0.5), after_share = position - 0.5 - before;
  const auto pixel = static_cast<int64_t>(before);
  return {{pixel, pixel + 1}, {1 - after_share, after_share}};
}

class Sampler {
 public:
  Sampler(const image::Image& image, Sampling sampling) : image_(image), sampling_(sampling) {}

  /// Adds `share` of the value of each channel at a point, with s2cnn's order of operations: truncation shows the last
  /// bit.
  void add(const Point& point, double share, double* values) const {
    if (sampling_ != Sampling::kS2cnn && point[2] > kNearOrigin) return;
    const double height = point[2] + 1, beyond = -height / (height - kOrigin);
    const Span rows = span(beyond * point[0] + point[0], image_.height);
    const Span columns = span(beyond * point[1] + point[1], image_.width);
    if (is_beyond(rows, image_.height) || is_beyond(columns, image_.width)) return;
    for (int64_t channel = 0; channel < image_.channels; ++channel) {
      const auto along = [&](int64_t column) {
        return rows.weights[0] * pixel(rows.pixels[0], column, channel) +
               rows.weights[1] * pixel(rows.pixels[1], column, channel);
      };
      values[channel] += share * (columns.weights[0] * along(columns.pixels[0]) +
                                  columns.weights[1] * along(columns.pixels[1]));
    }
  }

 private:
  Span span(double place, int64_t size) const {
    const double position = (place + kHalfImage) / (2 * kHalfImage) * static_cast<double>(size);
    return sampling_ == Sampling::kS2cnn ? s2cnn_span(position) : bilinear_span(position);
  }

  static bool is_beyond(const Span& span, int64_t size) {
    return span.pixels[1] < 0 || span.pixels[0] >= size;
  }

  double pixel(int64_t row, int64_t column, int64_t channel) const {
    if (row < 0 || row >= image_.height || column < 0 || column >= image_.width) return 0;
    return image_.pixels[static_cast<size_t>((row * image_.width + column) * image_.channels + channel)];
  }

  const image::Image& image_;
  Sampling sampling_;
};

/// Where around a point its values are read, in the plane that touches the sphere there.
struct Offset {
  double x, y, share;
  double shrink;  ///< of a vector to that place, to length 1
};

std::vector<Offset> area_of_point(size_t points) {
  constexpr int kRings = 3, kFirstRing = 6;  // of 6, 12 and 18 places, two thirds of a deviation apart
  const double deviation = 0.5 * std::sqrt(4 * std::numbers::pi / static_cast<double>(points));
  std::vector<Offset> offsets{{0, 0, 1, 1}};
  for (int ring = 1; ring <= kRings; ++ring) {
    const double radius = ring * 2.0 / kRings;  // in deviations
    const double far = radius * deviation;
    for (int i = 0; i < ring * kFirstRing; ++i) {
      const double angle = (i + 0.5 * (ring % 2)) * 2 * std::numbers::pi / (ring * kFirstRing);
      offsets.push_back({far * std::cos(angle), far * std::sin(angle), std::exp(-radius * radius / 2),
                         1 / std::sqrt(1 + far * far)});
    }
  }
  double sum = 0;
  for (const Offset& offset : offsets) sum += offset.share;
  for (Offset& offset : offsets) offset.share /= sum;
  return offsets;
}

/// The plane that touches the sphere in a point.
struct Plane {
  Point point, right, up;

  explicit Plane(const Point& touched) : point(touched) {
    const Point other = std::abs(point[2]) < 0.5 ? Point{0, 0, 1} : Point{1, 0, 0};
    right = direction(cross(other, point)), up = cross(point, right);
  }
  Point at(const Offset& offset) const {
    Point found;
    for (size_t axis = 0; axis < 3; ++axis)
      found[axis] = (point[axis] + offset.x * right[axis] + offset.y * up[axis]) * offset.shrink;
    return found;
  }
};

std::vector<uint8_t> stretched(const std::vector<double>& values) {
  std::vector<uint8_t> bytes(values.size());
  if (values.empty()) return bytes;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double begin = *least, range = *most - begin;
  if (range == 0) return bytes;
  for (size_t i = 0; i < values.size(); ++i)
    bytes[i] = static_cast<uint8_t>((values[i] - begin) / range * 255);
  return bytes;
}

}  // namespace

std::vector<uint8_t> project_image(const image::Image& image, std::span<const Point> points,
                                   const Rotation& rotation, Sampling sampling) {
  const Sampler sampler(image, sampling);
  std::vector<Offset> offsets;
  if (sampling == Sampling::kArea) offsets = area_of_point(points.size());
  std::vector<double> values(points.size() * static_cast<size_t>(image.channels));
  double* value = values.data();
  for (const Point& point : points) {
    const Point turned = rotated(rotation, point);
    if (offsets.empty()) {
      sampler.add(turned, 1, value);
    } else {
      const Plane plane(turned);
      for (const Offset& offset : offsets) sampler.add(plane.at(offset), offset.share, value);
    }
    value += image.channels;
  }
  return stretched(values);
}

}  // namespace heed::sphere
