// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/resample.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

namespace heed::imaging {
namespace {

/// Largest side: products of two sides times 255 must fit into 64 bits.
constexpr int64_t kMaxSide = int64_t{1} << 26;

std::string size_text(int64_t height, int64_t width) {
  return std::to_string(height) + " x " + std::to_string(width);
}

void check(const char* what, const image::Image& image, int64_t height, int64_t width, bool fits) {
  const bool sane = image.height > 0 && image.width > 0 && image.channels > 0 && height > 0 && width > 0 &&
                    std::max({image.height, image.width, height, width}) <= kMaxSide &&
                    std::ssize(image.pixels) == image.height * image.width * image.channels;
  if (sane && fits) return;
  throw std::invalid_argument("[" + std::string(what) + "] cannot make " + size_text(height, width) +
                              " from " + size_text(image.height, image.width) + " with " +
                              std::to_string(image.pixels.size()) + " bytes");
}

/// The contributions of an image's side to one index of the result: weights[k] for index begin + k.
template <class Weight>
struct Taps {
  int64_t begin = 0;
  std::vector<Weight> weights;
};

/// The indices of a side of the result that are wanted.
struct Range {
  int64_t begin, count;
};

/// Overlaps in units of 1 / (from * to) of the side; those of each index sum to `from`.
std::vector<Taps<int64_t>> area_taps(int64_t from, int64_t to, Range range) {
  std::vector<Taps<int64_t>> taps(static_cast<size_t>(range.count));
  for (int64_t i = range.begin; i < range.begin + range.count; ++i) {
    auto& tap = taps[static_cast<size_t>(i - range.begin)];
    const int64_t begin = i * from, end = begin + from;
    tap.begin = begin / to;
    for (int64_t j = tap.begin; j * to < end; ++j)
      tap.weights.push_back(std::min(end, (j + 1) * to) - std::max(begin, j * to));
  }
  return taps;
}

/// Keys 1981, equation 15, a = -0.5.
double keys(double distance) {
  const double x = std::abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

std::vector<Taps<double>> bicubic_taps(int64_t from, int64_t to, Range range) {
  std::vector<Taps<double>> taps(static_cast<size_t>(range.count));
  for (int64_t i = range.begin; i < range.begin + range.count; ++i) {
    auto& tap = taps[static_cast<size_t>(i - range.begin)];
    const double centre =
        (static_cast<double>(i) + 0.5) * static_cast<double>(from) / static_cast<double>(to) - 0.5;
    const auto before = static_cast<int64_t>(std::floor(centre));
    tap.begin = std::max<int64_t>(0, before - 1);
    double sum = 0;
    for (int64_t j = tap.begin; j <= std::min(from - 1, before + 2); ++j) {
      tap.weights.push_back(keys(static_cast<double>(j) - centre));
      sum += tap.weights.back();
    }
    for (double& weight : tap.weights) weight /= sum;
  }
  return taps;
}

/// Computes weighted sums along rows, applies `between` to each, then along columns, and applies `finish`.
/// Skips rows that no tap uses.
template <class Weight, class Between, class Finish>
image::Image resample(const image::Image& image, const std::vector<Taps<Weight>>& down,
                      const std::vector<Taps<Weight>>& across, const Between& between, const Finish& finish) {
  image::Image result{std::ssize(down), std::ssize(across), image.channels, {}};
  const auto channels = static_cast<size_t>(image.channels), row = across.size() * channels;
  const int64_t first = down.front().begin;
  const int64_t end = down.back().begin + std::ssize(down.back().weights);
  std::vector<Weight> rows(static_cast<size_t>(end - first) * row);
  Weight* out = rows.data();
  for (int64_t y = first; y < end; ++y) {
    const uint8_t* const line = image.pixels.data() + y * image.width * image.channels;
    for (const auto& tap : across) {
      for (size_t c = 0; c < channels; ++c, ++out) {
        const uint8_t* pixel = line + static_cast<size_t>(tap.begin) * channels + c;
        for (size_t k = 0; k < tap.weights.size(); ++k, pixel += channels) *out += tap.weights[k] * *pixel;
        *out = between(*out);
      }
    }
  }
  result.pixels.reserve(down.size() * row);
  std::vector<Weight> sums(row);
  for (const auto& tap : down) {
    std::fill(sums.begin(), sums.end(), Weight{0});
    for (size_t k = 0; k < tap.weights.size(); ++k) {
      const Weight* const line = rows.data() + (static_cast<size_t>(tap.begin - first) + k) * row;
      for (size_t x = 0; x < row; ++x) sums[x] += tap.weights[k] * line[x];
    }
    for (const Weight sum : sums) result.pixels.push_back(finish(sum));
  }
  return result;
}

image::Image resample_by_area(const image::Image& image, int64_t height, int64_t width,
                              const Window& window) {
  const int64_t area = image.height * image.width;
  return resample(
      image, area_taps(image.height, height, {window.top, window.height}),
      area_taps(image.width, width, {window.left, window.width}), [](int64_t sum) { return sum; },
      [area](int64_t sum) { return static_cast<uint8_t>((2 * sum + area) / (2 * area)); });
}

double to_grey_level(double value) {
  return std::clamp(std::floor(value + 0.5), 0.0, 255.0);
}

template <class Between>
image::Image resample_bicubic(const image::Image& image, int64_t height, int64_t width, const Window& window,
                              const Between& between) {
  return resample(image, bicubic_taps(image.height, height, {window.top, window.height}),
                  bicubic_taps(image.width, width, {window.left, window.width}), between,
                  [](double value) { return static_cast<uint8_t>(to_grey_level(value)); });
}

}  // namespace

image::Image downscale_area(const image::Image& image, int64_t height, int64_t width) {
  check("downscale_area", image, height, width, height <= image.height && width <= image.width);
  return resample_by_area(image, height, width, {0, 0, height, width});
}

image::Image upscale_bicubic(const image::Image& image, int64_t height, int64_t width) {
  check("upscale_bicubic", image, height, width, height >= image.height && width >= image.width);
  return resample_bicubic(image, height, width, {0, 0, height, width}, [](double value) { return value; });
}

image::Image resize(const image::Image& image, int64_t height, int64_t width, const Window& window) {
  const auto inside = [](int64_t begin, int64_t count, int64_t side) {
    return begin >= 0 && count > 0 && begin <= side - count;
  };
  check("resize", image, std::min(height, kMaxSide), std::min(width, kMaxSide),
        inside(window.top, window.height, height) && inside(window.left, window.width, width));
  const bool taller = height > image.height, wider = width > image.width;
  // The sides that shrink, and their part of the window, come first.
  const Window shrunk{taller ? 0 : window.top, wider ? 0 : window.left, taller ? image.height : window.height,
                      wider ? image.width : window.width};
  const image::Image small =
      resample_by_area(image, taller ? image.height : height, wider ? image.width : width, shrunk);
  if (!taller && !wider) return small;
  const Window grown{taller ? window.top : 0, wider ? window.left : 0, window.height, window.width};
  return resample_bicubic(small, taller ? height : small.height, wider ? width : small.width, grown,
                          to_grey_level);
}

}  // namespace heed::imaging
