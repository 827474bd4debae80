// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "heed/data/image/image.h"
#include "heed/data/image/read_limits.h"

namespace heed::image {

bool is_png(std::span<const std::byte> file);

/// Every kind of PNG as 8-bit grey or RGB, by libpng.
///
/// Palettes become RGB; 1, 2 and 4 bits are stretched to 0..255, 16 bits rounded to 8; transparency is laid
/// on white. Colour profiles and gamma are ignored: the numbers are those of the file. Of an animation the
/// first picture is read; what follows the end mark is ignored.
///
/// Memory is up to four bytes a pixel and a few rows of the file. Throws Error(kData) with file and byte for
/// what is damaged or cut short, a wrong checksum of any chunk, and a size beyond the limits or beyond what
/// so many bytes can hold. Nothing is printed.
Image decode_png(std::span<const std::byte> file, const std::string& name, const ReadLimits& limits = {});

}  // namespace heed::image
