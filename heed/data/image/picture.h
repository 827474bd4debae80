// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "heed/data/image/image.h"

namespace heed::image {

/// Pixels on paper: their number per metre, or only their shape.
struct Density {
  uint32_t across = 0, down = 0;
  bool per_metre = false;  ///< false: the two numbers are a ratio
  bool operator==(const Density&) const = default;
};

/// What a file says about its numbers. heed carries it from file to file and applies none of it.
struct PictureNotes {
  std::vector<std::byte> icc_profile;       ///< empty: none
  std::optional<uint8_t> srgb_intent = {};  ///< the colours are sRGB; PNG's rendering intent, 0 to 3
  std::optional<uint32_t> gamma = {};       ///< PNG's gAMA: 100000 times the exponent of the file
  std::optional<std::array<uint32_t, 8>> chromaticities =
      {};  ///< PNG's cHRM: white, red, green, blue, x and y
  std::optional<Density> density = {};
};

/// A picture with all that its file holds of it: 8 or 16 bits [height, width, channels], rows from top to
/// bottom, upright, channels interleaved (1: grey; 2: grey, alpha; 3: red, green, blue; 4: with alpha). Colours
/// are not multiplied by alpha, whose largest value is opaque.
struct Picture {
  int64_t height = 0, width = 0, channels = 0;
  int bits = 8;                  ///< 8 or 16
  std::vector<uint16_t> pixels;  ///< 0 to largest()
  PictureNotes notes = {};

  bool has_alpha() const { return channels == 2 || channels == 4; }
  int64_t colours() const { return has_alpha() ? channels - 1 : channels; }  ///< channels without alpha
  uint16_t largest() const { return static_cast<uint16_t>((1u << bits) - 1); }
};

/// Throws std::invalid_argument, with `what` in the message, unless the picture has 1 to 4 channels, 8 or 16
/// bits, pixels, and as many of them as its size says.
void check_picture(const Picture& picture, const char* what);

/// Whether any pixel is not opaque.
bool is_transparent(const Picture& picture);

/// Returns 8 bits without alpha: transparent pixels are blended with white, then rounded once.
Image on_white(const Picture& picture);

}  // namespace heed::image
