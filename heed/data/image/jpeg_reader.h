// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "heed/data/image/image.h"
#include "heed/data/image/picture.h"
#include "heed/data/image/read_limits.h"

namespace heed::image {

bool is_jpeg(std::span<const std::byte> file);

/// Decodes a grey or colour JPEG (baseline, progressive, arithmetic; 8 bits) with libjpeg-turbo, its accurate
/// transform and smooth chroma upsampling. Other decoders may differ by about one level.
///
/// Applies the EXIF orientation, so that the image is upright; a damaged EXIF block is ignored. Ignores colour
/// profiles, and bytes between markers and after the end mark. Refuses CMYK, because its colours are unknown
/// without the profile.
///
/// Memory: three bytes per pixel, and three more to turn it upright or up to six more for progressive files. Throws Error(kData) with file and
/// byte for damaged or truncated data (which libjpeg would fill with grey), a size above the limits, and more
/// than 100 scans, which multiply the time. Prints nothing.
Image decode_jpeg(std::span<const std::byte> file, const std::string& name, const ReadLimits& limits = {});

/// Decodes the same files, with colour profile and density. A damaged profile, or one that does not suit the
/// colours, is left out. Memory: six bytes per pixel more. The errors are those of decode_jpeg.
Picture decode_jpeg_picture(std::span<const std::byte> file, const std::string& name,
                            const ReadLimits& limits = {});

}  // namespace heed::image
