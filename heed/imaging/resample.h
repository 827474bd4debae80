// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/data/image/image.h"

namespace heed::imaging {

/// Downscales an image: each pixel is the average of the area that it covers, with partial pixels weighted by
/// their overlap. Computed in integers, so that any ratio is exact up to one rounding to nearest, halves up.
///
/// `height` and `width` must be from 1 to the image's, else std::invalid_argument. Time O(pixels); extra
/// memory 8 bytes times the image's `height` times `width`.
image::Image downscale_area(const image::Image& image, int64_t height, int64_t width);

/// Upscales an image by cubic convolution, Keys 1981 (Cubic convolution interpolation for digital image
/// processing), a = -0.5. Pixels are squares, and the outer edges of both images coincide. Beyond the border
/// there are no pixels; the weights inside are scaled to sum to 1. Both directions are computed before the
/// only rounding, to nearest; values are clipped to 0 and 255.
///
/// `height` and `width` must not be below the image's, else std::invalid_argument.
image::Image upscale_bicubic(const image::Image& image, int64_t height, int64_t width);

/// A rectangle of pixels in an image.
struct Window {
  int64_t top = 0, left = 0, height = 0, width = 0;
};

/// Resizes an image to `height` x `width` and returns the pixels in `window` of the result. Sides that shrink
/// come first, as downscale_area has them; then sides that grow, by the cubic convolution of upscale_bicubic,
/// but as programs for 8-bit images compute it: rows, rounded and clipped, and then columns. Equals Pillow
/// within a grey level. Computes the window alone: time and memory depend on the image and the window, not on
/// the size of the whole result.
///
/// Sizes must be at least 1 and the window must lie within the result, else std::invalid_argument.
image::Image resize(const image::Image& image, int64_t height, int64_t width, const Window& window);

}  // namespace heed::imaging
