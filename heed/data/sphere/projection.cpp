// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/projection.h"

#include <algorithm>

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

  /// Adds the value of each channel at a point, with s2cnn's order of operations: truncation shows the last bit.
  void add(const Point& point, std::vector<double>& values) const {
    const size_t first = values.size();
    values.resize(first + static_cast<size_t>(image_.channels));
    if (sampling_ == Sampling::kBilinear && point[2] > kNearOrigin) return;
    const double height = point[2] + 1, beyond = -height / (height - kOrigin);
    const Span rows = span(beyond * point[0] + point[0], image_.height);
    const Span columns = span(beyond * point[1] + point[1], image_.width);
    for (int64_t channel = 0; channel < image_.channels; ++channel) {
      const auto along = [&](int64_t column) {
        return rows.weights[0] * pixel(rows.pixels[0], column, channel) +
               rows.weights[1] * pixel(rows.pixels[1], column, channel);
      };
      values[first + static_cast<size_t>(channel)] =
          columns.weights[0] * along(columns.pixels[0]) + columns.weights[1] * along(columns.pixels[1]);
    }
  }

 private:
  Span span(double place, int64_t size) const {
    const double position = (place + kHalfImage) / (2 * kHalfImage) * static_cast<double>(size);
    return sampling_ == Sampling::kS2cnn ? s2cnn_span(position) : bilinear_span(position);
  }

  double pixel(int64_t row, int64_t column, int64_t channel) const {
    if (row < 0 || row >= image_.height || column < 0 || column >= image_.width) return 0;
    return image_.pixels[static_cast<size_t>((row * image_.width + column) * image_.channels + channel)];
  }

  const image::Image& image_;
  Sampling sampling_;
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
  std::vector<double> values;
  values.reserve(points.size() * static_cast<size_t>(image.channels));
  for (const Point& point : points) sampler.add(rotated(rotation, point), values);
  return stretched(values);
}

}  // namespace heed::sphere
