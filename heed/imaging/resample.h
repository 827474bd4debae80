// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/data/image/image.h"

namespace heed::imaging {

/// The picture made smaller: each pixel is the average of what it covers, parts of pixels counted by their
/// part. Computed in whole numbers, so that any ratio is exact up to one rounding to nearest, halves up.
///
/// `height` and `width` must be from 1 to the picture's, else std::invalid_argument. Time O(pixels), extra
/// memory 8 bytes a pixel of `height` of the picture times `width`.
image::Image downscale_area(const image::Image& image, int64_t height, int64_t width);

/// The picture made larger by cubic convolution, Keys 1981 (Cubic convolution interpolation for digital image
/// processing), a = -0.5. Pixels are squares whose outer edges fall together; beyond the border there is
/// nothing, the weights of the pixels inside are scaled to 1. Both directions are computed before the one
/// rounding to nearest; values are cut off at 0 and 255.
///
/// `height` and `width` must not be below the picture's, else std::invalid_argument.
image::Image upscale_bicubic(const image::Image& image, int64_t height, int64_t width);

}  // namespace heed::imaging
