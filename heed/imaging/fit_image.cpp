// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/fit_image.h"

#include <algorithm>
#include <stdexcept>

#include "heed/imaging/resample.h"

namespace heed::imaging {
namespace {

/// The nearest integer to side * to / from, at least 1; halves up.
int64_t scaled(int64_t side, int64_t to, int64_t from) {
  return std::max<int64_t>(1, (2 * side * to + from) / (2 * from));
}

image::Image crop(const image::Image& image, int64_t height, int64_t width) {
  const bool by_height = height * image.width >= width * image.height;
  const int64_t all_rows = by_height ? height : std::max(height, scaled(image.height, width, image.width));
  const int64_t all_columns = by_height ? std::max(width, scaled(image.width, height, image.height)) : width;
  return resize(image, all_rows, all_columns,
                {(all_rows - height) / 2, (all_columns - width) / 2, height, width});
}

image::Image pad(const image::Image& image, int64_t height, int64_t width) {
  const bool by_height = height * image.width < width * image.height;
  const int64_t rows = by_height ? height : std::min(height, scaled(image.height, width, image.width));
  const int64_t columns = by_height ? std::min(width, scaled(image.width, height, image.height)) : width;
  const image::Image small = resize(image, rows, columns, {0, 0, rows, columns});
  image::Image padded{height, width, image.channels, {}};
  padded.pixels.resize(static_cast<size_t>(height * width * image.channels));
  const int64_t top = (height - rows) / 2, left = (width - columns) / 2;
  for (int64_t row = 0; row < rows; ++row) {
    std::copy_n(small.pixels.begin() + row * columns * image.channels, columns * image.channels,
                padded.pixels.begin() + ((top + row) * width + left) * image.channels);
  }
  return padded;
}

}  // namespace

const std::vector<std::string>& fit_names() {
  static const std::vector<std::string> names{"crop", "pad", "stretch"};
  return names;
}

Fit fit_of_name(const std::string& name) {
  const auto found = std::find(fit_names().begin(), fit_names().end(), name);
  if (found == fit_names().end()) throw std::invalid_argument("[fit_of_name] unknown fit " + name);
  return static_cast<Fit>(found - fit_names().begin());
}

image::Image fit_image(const image::Image& image, int64_t height, int64_t width, Fit fit) {
  if (image.height == height && image.width == width) return image;
  switch (fit) {
    case Fit::kCrop:
      return crop(image, height, width);
    case Fit::kPad:
      return pad(image, height, width);
    case Fit::kStretch:
      return resize(image, height, width, {0, 0, height, width});
  }
  throw std::invalid_argument("[fit_image] unknown fit");
}

}  // namespace heed::imaging
