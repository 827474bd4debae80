// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/channels.h"

#include <stdexcept>
#include <string>

namespace heed::image {

std::vector<uint8_t> convert_channels(std::vector<uint8_t> pixels, int64_t from, int64_t to) {
  if (from == to) return pixels;
  std::vector<uint8_t> converted;
  if (from == 1 && to == 3) {
    converted.reserve(pixels.size() * 3);
    for (const uint8_t grey : pixels) converted.insert(converted.end(), 3, grey);
  } else if (from == 3 && to == 1) {
    // 0.299, 0.587 and 0.114 in units of 1/65536; they add up to 1.
    constexpr uint32_t kRed = 19595, kGreen = 38470, kBlue = 7471, kHalf = 1 << 15;
    converted.reserve(pixels.size() / 3);
    for (size_t i = 0; i + 2 < pixels.size(); i += 3) {
      const uint32_t luma = pixels[i] * kRed + pixels[i + 1] * kGreen + pixels[i + 2] * kBlue + kHalf;
      converted.push_back(static_cast<uint8_t>(luma >> 16));
    }
  } else {
    throw std::invalid_argument("[convert_channels] channels are 1 or 3, got " + std::to_string(from) +
                                " and " + std::to_string(to));
  }
  return converted;
}

std::string image_size_text(int64_t height, int64_t width, int64_t channels) {
  return std::to_string(width) + " x " + std::to_string(height) + (channels == 1 ? " grey" : " RGB");
}

}  // namespace heed::image
