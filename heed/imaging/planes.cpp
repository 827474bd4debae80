// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/planes.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "heed/core/error.h"

namespace heed::imaging {

Planes to_planes(const image::Image& image) {
  Planes planes(image.channels, image.height, image.width);
  const int64_t numbers = image.height * image.width;
  for (int64_t c = 0; c < image.channels; ++c) {
    float* to = planes.pixels.data() + c * numbers;
    for (int64_t i = 0; i < numbers; ++i) to[i] = image.pixels[static_cast<size_t>(i * image.channels + c)];
  }
  return planes;
}

image::Image to_image(const Planes& planes) {
  image::Image image{planes.height, planes.width, planes.channels, {}};
  image.pixels.resize(planes.pixels.size());
  const int64_t numbers = planes.height * planes.width;
  for (int64_t c = 0; c < planes.channels; ++c) {
    const float* from = planes.pixels.data() + c * numbers;
    for (int64_t i = 0; i < numbers; ++i) {
      const float rounded = std::nearbyint(std::clamp(from[i], 0.0f, 255.0f));
      image.pixels[static_cast<size_t>(i * planes.channels + c)] = static_cast<uint8_t>(rounded);
    }
  }
  return image;
}

void check_planes(const Planes& planes, const char* what) {
  const auto wrong = [&](const std::string& message) { throw Error(ErrorKind::kUsage, message, what); };
  if (planes.channels < 1 || planes.height < 1 || planes.width < 1) wrong("the image has no pixels");
  if (static_cast<int64_t>(planes.pixels.size()) != planes.channels * planes.height * planes.width)
    wrong("the image has " + std::to_string(planes.pixels.size()) + " values, not " +
          std::to_string(planes.channels) + " x " + std::to_string(planes.height) + " x " +
          std::to_string(planes.width));
  if (!std::all_of(planes.pixels.begin(), planes.pixels.end(), [](float x) { return std::isfinite(x); }))
    wrong("the image has values that are not finite");
}

}  // namespace heed::imaging
