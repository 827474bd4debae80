// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "heed/data/image/image.h"
#include "heed/data/image/picture.h"
#include "heed/data/image/read_limits.h"

namespace heed::image {

bool is_png(std::span<const std::byte> file);

/// Decodes any PNG as 8-bit grey or RGB, with libpng.
///
/// Palettes become RGB; 1, 2 and 4 bits are scaled to 0..255; 16 bits are rounded to 8; transparent pixels
/// are blended with white. An EXIF orientation is applied, so that the image is upright; a damaged EXIF block is
/// ignored. Ignores colour profiles and gamma: the values are those in the file. Reads the first frame of an
/// animation. Ignores bytes after the end mark.
///
/// Memory: up to four bytes per pixel and a few rows of the file, twice that to turn it upright. Throws Error(kData) with file and byte for
/// damaged or truncated data, a wrong checksum of any chunk, and a size above the limits or above what a file
/// of that size can contain. Prints nothing.
Image decode_png(std::span<const std::byte> file, const std::string& name, const ReadLimits& limits = {});

/// Decodes the same files with all that they hold: 16 bits where the file has them, transparency as alpha (also
/// that of palettes and of one colour), colour profile, gamma and density. Notes that are damaged, or a profile
/// that does not suit the colours, are left out. Memory: up to eight bytes per pixel, twice that to turn it
/// upright. The errors are those of decode_png.
Picture decode_png_picture(std::span<const std::byte> file, const std::string& name,
                           const ReadLimits& limits = {});

}  // namespace heed::image
