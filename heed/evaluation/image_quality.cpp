// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/image_quality.h"

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "heed/core/error.h"

namespace heed::evaluation {
namespace {

constexpr int64_t kWindow = 11;
constexpr double kDeviation = 1.5, kRange = 255;

double value_at(const image::Image& image, int64_t channel, int64_t row, int64_t column) {
  return image.pixels[static_cast<size_t>((row * image.width + column) * image.channels + channel)];
}
double value_at(const imaging::Planes& planes, int64_t channel, int64_t row, int64_t column) {
  return planes.at(channel, row, column);
}

template <class Raster>
void check_sizes(const Raster& image, const Raster& reference) {
  const auto size = [](const Raster& x) {
    return std::to_string(x.height) + " x " + std::to_string(x.width) + " x " + std::to_string(x.channels);
  };
  const auto wrong = [](const std::string& message) {
    throw Error(ErrorKind::kUsage, message, "image quality");
  };
  if (image.height != reference.height || image.width != reference.width ||
      image.channels != reference.channels)
    wrong("cannot compare an image of " + size(image) + " (rows, columns, channels) with one of " +
          size(reference));
  const int64_t numbers = image.height * image.width * image.channels;
  if (numbers == 0 || static_cast<int64_t>(image.pixels.size()) != numbers ||
      static_cast<int64_t>(reference.pixels.size()) != numbers)
    wrong("an image has no pixels, or a number that does not match its size");
}

std::array<double, kWindow> window_weights() {
  std::array<double, kWindow> weights{};
  constexpr int64_t kCentre = kWindow / 2;
  double total = 0;
  for (int64_t i = 0; i < kWindow; ++i) {
    const auto x = static_cast<double>(i - kCentre);
    total += weights[static_cast<size_t>(i)] = std::exp(-x * x / (2 * kDeviation * kDeviation));
  }
  for (double& weight : weights) weight /= total;
  return weights;
}

/// The moments that the window averages.
enum Moment { kMeanX, kMeanY, kSquareX, kSquareY, kProduct, kMoments };
using Moments = std::array<double, kMoments>;

double similarity(const Moments& m) {
  constexpr double kC1 = (0.01 * kRange) * (0.01 * kRange), kC2 = (0.03 * kRange) * (0.03 * kRange);
  const double mean_product = m[kMeanX] * m[kMeanY];
  const double mean_squares = m[kMeanX] * m[kMeanX] + m[kMeanY] * m[kMeanY];
  const double covariance = m[kProduct] - mean_product;
  const double variances = m[kSquareX] + m[kSquareY] - mean_squares;
  return (2 * mean_product + kC1) * (2 * covariance + kC2) / ((mean_squares + kC1) * (variances + kC2));
}

/// Sums the similarities of a channel. Filters along rows first and keeps kWindow filtered rows.
template <class Raster>
double channel_similarity(const Raster& x, const Raster& y, int64_t channel) {
  static const auto weights = window_weights();
  const int64_t columns = x.width - kWindow + 1;
  std::vector<Moments> along(static_cast<size_t>(kWindow * columns));
  double total = 0;
  for (int64_t row = 0; row < x.height; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      Moments m{};
      for (int64_t i = 0; i < kWindow; ++i) {
        const double w = weights[static_cast<size_t>(i)];
        const double a = value_at(x, channel, row, column + i), b = value_at(y, channel, row, column + i);
        m[kMeanX] += w * a;
        m[kMeanY] += w * b;
        m[kSquareX] += w * a * a;
        m[kSquareY] += w * b * b;
        m[kProduct] += w * a * b;
      }
      along[static_cast<size_t>(row % kWindow * columns + column)] = m;
    }
    if (row + 1 < kWindow) continue;
    for (int64_t column = 0; column < columns; ++column) {
      Moments m{};
      for (int64_t i = 0; i < kWindow; ++i) {
        const Moments& part = along[static_cast<size_t>((row + 1 + i) % kWindow * columns + column)];
        for (size_t k = 0; k < kMoments; ++k) m[k] += weights[static_cast<size_t>(i)] * part[k];
      }
      total += similarity(m);
    }
  }
  return total;
}

template <class Raster>
double psnr_of(const Raster& image, const Raster& reference) {
  check_sizes(image, reference);
  double squares = 0;
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    const double difference = static_cast<double>(image.pixels[i]) - reference.pixels[i];
    squares += difference * difference;
  }
  if (squares == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(kRange * kRange * static_cast<double>(image.pixels.size()) / squares);
}

template <class Raster>
std::optional<double> similarity_of(const Raster& image, const Raster& reference) {
  check_sizes(image, reference);
  if (image.height < kWindow || image.width < kWindow) return std::nullopt;
  double total = 0;
  for (int64_t c = 0; c < image.channels; ++c) total += channel_similarity(image, reference, c);
  return total /
         static_cast<double>(image.channels * (image.height - kWindow + 1) * (image.width - kWindow + 1));
}

}  // namespace

double psnr(const image::Image& image, const image::Image& reference) {
  return psnr_of(image, reference);
}
double psnr(const imaging::Planes& image, const imaging::Planes& reference) {
  return psnr_of(image, reference);
}

std::optional<double> structural_similarity(const image::Image& image, const image::Image& reference) {
  return similarity_of(image, reference);
}
std::optional<double> structural_similarity(const imaging::Planes& image, const imaging::Planes& reference) {
  return similarity_of(image, reference);
}

}  // namespace heed::evaluation
