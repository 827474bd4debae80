// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "heed/data/image/image.h"
#include "heed/data/image/read_limits.h"

namespace heed::image {

bool is_jpeg(std::span<const std::byte> file);

/// Grey and colour JPEG (baseline, progressive, arithmetic; 8 bits), by libjpeg-turbo with its accurate
/// transform and smooth upsampling of chroma. Another decoder may differ by a grey level or so.
///
/// The orientation that a camera noted (EXIF) is ignored, colour profiles too. CMYK is refused: without its
/// profile the colours would be guesses. Bytes between markers and after the end mark are ignored.
///
/// Memory is three bytes a pixel, and up to six more for progressive files. Throws Error(kData) with file and
/// byte for what is damaged or cut short (libjpeg would fill in grey), a size beyond the limits, and more
/// than 100 scans, which multiply the time. Nothing is printed.
Image decode_jpeg(std::span<const std::byte> file, const std::string& name, const ReadLimits& limits = {});

}  // namespace heed::image
