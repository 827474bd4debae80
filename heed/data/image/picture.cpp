// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/picture.h"

#include <limits>
#include <stdexcept>
#include <string>

namespace heed::image {

void check_picture(const Picture& picture, const char* what) {
  const bool known =
      picture.channels >= 1 && picture.channels <= 4 && (picture.bits == 8 || picture.bits == 16);
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  const bool sized =
      picture.height > 0 && picture.width > 0 && picture.height <= kMost && picture.width <= kMost;
  const auto numbers = static_cast<int64_t>(picture.pixels.size());
  if (!known || !sized || numbers % (picture.width * picture.channels) != 0 ||
      numbers / (picture.width * picture.channels) != picture.height) {
    throw std::invalid_argument("[" + std::string(what) + "] " + std::to_string(numbers) +
                                " numbers are not a picture of " + std::to_string(picture.height) + " x " +
                                std::to_string(picture.width) + " x " + std::to_string(picture.channels) +
                                " of " + std::to_string(picture.bits) + " bits");
  }
}

bool is_transparent(const Picture& picture) {
  if (!picture.has_alpha()) return false;
  const auto step = static_cast<size_t>(picture.channels);
  for (size_t i = step - 1; i < picture.pixels.size(); i += step) {
    if (picture.pixels[i] != picture.largest()) return true;
  }
  return false;
}

Image on_white(const Picture& picture) {
  check_picture(picture, "on_white");
  Image image{picture.height, picture.width, picture.colours(), {}};
  image.pixels.reserve(static_cast<size_t>(image.height * image.width * image.channels));
  const uint64_t most = picture.largest();
  const auto colours = static_cast<size_t>(picture.colours()), step = static_cast<size_t>(picture.channels);
  for (size_t pixel = 0; pixel < picture.pixels.size(); pixel += step) {
    const uint64_t opacity = picture.has_alpha() ? picture.pixels[pixel + colours] : most;
    for (size_t c = 0; c < colours; ++c) {
      const uint64_t blended = picture.pixels[pixel + c] * opacity + most * (most - opacity);
      image.pixels.push_back(static_cast<uint8_t>((blended * 255 + most * most / 2) / (most * most)));
    }
  }
  return image;
}

}  // namespace heed::image
