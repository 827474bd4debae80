// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace heed::image::testing {

/// A number of `size` bytes in TIFF's byte order: 'M' the highest first, 'I' the lowest first.
inline std::string tiff_number(char order, uint32_t value, int size) {
  std::string text;
  for (int i = 0; i < size; ++i) {
    const int shift = 8 * (order == 'M' ? size - 1 - i : i);
    text += static_cast<char>(value >> shift & 0xFF);
  }
  return text;
}

struct TiffEntry {
  uint32_t tag = 0x0112, type = 3, count = 1, value = 6;
};

/// A TIFF block whose directory stands after the header and holds a camera's name and this entry.
inline std::string tiff_block(char order, const TiffEntry& entry) {
  const auto number = [order](uint32_t value, int size) { return tiff_number(order, value, size); };
  const bool is_short = entry.type == 3;
  return std::string(2, order) + number(42, 2) + number(8, 4) + number(2, 2) +  //
         number(0x010F, 2) + number(2, 2) + number(4, 4) + "heed" +             //
         number(entry.tag, 2) + number(entry.type, 2) + number(entry.count, 4) +
         (is_short ? number(entry.value, 2) + std::string(2, '\0') : number(entry.value, 4)) + number(0, 4);
}

/// The segment APP1 of a JPEG with an EXIF block.
inline std::string exif_segment(const std::string& tiff) {
  const std::string content = std::string("Exif\0\0", 6) + tiff;
  return "\xFF\xE1" + tiff_number('M', static_cast<uint32_t>(content.size()) + 2, 2) + content;
}

}  // namespace heed::image::testing
