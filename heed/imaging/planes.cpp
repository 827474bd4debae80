// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/planes.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
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

Planes to_planes(const image::Picture& picture) {
  image::check_picture(picture, "to_planes");
  Planes planes(picture.colours(), picture.height, picture.width);
  const int64_t numbers = picture.height * picture.width;
  const float scale = static_cast<float>(picture.largest()) / 255;  // 1 or 257
  for (int64_t c = 0; c < planes.channels; ++c) {
    float* to = planes.pixels.data() + c * numbers;
    for (int64_t i = 0; i < numbers; ++i)
      to[i] = static_cast<float>(picture.pixels[static_cast<size_t>(i * picture.channels + c)]) / scale;
  }
  return planes;
}

image::Picture to_picture(const Planes& colours, const image::Picture& like) {
  if (colours.channels != like.colours() || colours.height != like.height || colours.width != like.width)
    throw std::invalid_argument("[to_picture] the planes and the picture have different sizes");
  image::Picture picture = like;
  const int64_t numbers = picture.height * picture.width;
  const float scale = static_cast<float>(picture.largest()) / 255;
  for (int64_t c = 0; c < colours.channels; ++c) {
    const float* from = colours.pixels.data() + c * numbers;
    for (int64_t i = 0; i < numbers; ++i) {
      const float rounded = std::nearbyint(std::clamp(from[i], 0.0f, 255.0f) * scale);
      picture.pixels[static_cast<size_t>(i * picture.channels + c)] = static_cast<uint16_t>(rounded);
    }
  }
  return picture;
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
