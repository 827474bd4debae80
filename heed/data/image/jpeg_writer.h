// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "heed/data/image/picture.h"

namespace heed::image {

/// Limit for the rows and columns of a JPEG.
inline constexpr int64_t kMaxJpegSide = 65500;

/// Encodes a baseline JPEG, grey or colour, with libjpeg-turbo: quality from 1 to 100 on its scale, chroma not
/// subsampled. Transparent pixels are blended with white and 16 bits rounded to 8. Colour profile and density
/// are kept. Equal pictures give equal bytes.
///
/// Throws std::invalid_argument for what is no picture, a side above kMaxJpegSide, and another quality.
std::vector<std::byte> encode_jpeg(const Picture& picture, int quality = 95);

/// What the picture has and a JPEG cannot hold, such as "transparency" and "16 bits".
std::vector<std::string> lost_in_jpeg(const Picture& picture);

}  // namespace heed::image
