// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace heed::image {

/// How a camera was held: the values of the EXIF tag Orientation. The names say how the stored pixels must be
/// changed to stand upright.
enum class Orientation : uint8_t {
  kUpright = 1,
  kMirror = 2,         ///< left and right change places
  kHalfTurn = 3,       ///< by 180 degrees
  kFlip = 4,           ///< top and bottom change places
  kTranspose = 5,      ///< rows become columns
  kTurnRight = 6,      ///< a quarter turn clockwise
  kAntitranspose = 7,  ///< rows become columns, counted from the end
  kTurnLeft = 8,       ///< a quarter turn counterclockwise
};

/// Reads the orientation from an EXIF block: a TIFF header of either byte order, alone or behind "Exif\0\0",
/// and its first directory. Returns kUpright if the block is damaged, has no such tag, or another value.
/// Never fails.
Orientation exif_orientation(std::span<const std::byte> exif);

/// Whether rows become columns.
inline bool is_quarter_turn(Orientation orientation) {
  return orientation >= Orientation::kTranspose;
}

/// Where upright pixels lie among the stored ones: the pixel at (row, column) is stored at
/// first + row * down + column * right.
struct StoredOrder {
  int64_t height, width;  ///< of the upright image
  int64_t first, down, right;
};
StoredOrder stored_order(Orientation orientation, int64_t height, int64_t width);

/// Turns an image upright, whose pixels are [height, width, channels]. Memory: a second copy of the pixels
/// for a moment, unless it is upright.
template <class Raster>
void turn_upright(Raster& image, Orientation orientation) {
  if (orientation == Orientation::kUpright) return;
  const StoredOrder order = stored_order(orientation, image.height, image.width);
  decltype(image.pixels) turned(image.pixels.size());
  auto to = turned.begin();
  for (int64_t row = 0; row < order.height; ++row) {
    for (int64_t column = 0; column < order.width; ++column) {
      const int64_t pixel = order.first + row * order.down + column * order.right;
      to = std::copy_n(image.pixels.begin() + pixel * image.channels, image.channels, to);
    }
  }
  image.pixels = std::move(turned);
  image.height = order.height;
  image.width = order.width;
}

}  // namespace heed::image
