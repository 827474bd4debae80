// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "heed/data/image/image.h"
#include "heed/data/image/picture.h"

namespace heed::imaging {

/// An image for computations: [channels, height, width], 0 black and 255 white; values may be outside this
/// range.
struct Planes {
  int64_t channels = 0, height = 0, width = 0;
  std::vector<float> pixels;

  Planes() = default;
  Planes(int64_t channels, int64_t height, int64_t width)
      : channels(channels),
        height(height),
        width(width),
        pixels(static_cast<std::size_t>(channels * height * width)) {}
  float& at(int64_t channel, int64_t row, int64_t column) {
    return pixels[static_cast<std::size_t>((channel * height + row) * width + column)];
  }
  float at(int64_t channel, int64_t row, int64_t column) const {
    return pixels[static_cast<std::size_t>((channel * height + row) * width + column)];
  }
};

Planes to_planes(const image::Image& image);
/// Rounds to integers from 0 to 255.
image::Image to_image(const Planes& planes);

/// Returns the colours without alpha; 16 bits become fractions of grey levels.
Planes to_planes(const image::Picture& picture);
/// Rounds to the bits of `like`, and takes alpha and notes from it. The sizes and the number of colours must be
/// equal, else std::invalid_argument.
image::Picture to_picture(const Planes& colours, const image::Picture& like);

/// Throws Error(kUsage), with `what` in the message, unless the image has pixels, their number matches its
/// size, and all are finite.
void check_planes(const Planes& planes, const char* what);

/// Returns the row or column at `index` of a side of `count` that is reflected at the centres of its
/// outermost pixels: ... 2 1 0 1 2 ...
inline int64_t reflected(int64_t index, int64_t count) {
  if (index >= 0 && index < count) return index;
  if (count == 1) return 0;
  const int64_t period = 2 * (count - 1);
  index = ((index % period) + period) % period;
  return index < count ? index : period - index;
}

}  // namespace heed::imaging
