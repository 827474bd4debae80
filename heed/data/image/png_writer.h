// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "heed/data/image/image.h"
#include "heed/data/image/picture.h"

namespace heed::image {

/// Encodes an 8-bit grey or RGB PNG. Equal images give equal bytes. Throws std::invalid_argument for an image
/// without pixels, with other than one or three channels, or whose number of pixels differs from its size.
std::vector<std::byte> encode_png(const Image& image);
/// Encodes 8 or 16 bits, grey or RGB, with or without alpha, and the notes: decode_png_picture gives the same
/// picture again. Throws std::invalid_argument for what is no picture.
std::vector<std::byte> encode_png(const Picture& picture);

/// Writes aside, syncs and renames. Throws Error(kSystem) on failure.
void write_png(const std::filesystem::path& file, const Image& image);

}  // namespace heed::image
