// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "heed/data/image/image.h"

namespace heed::imaging {

/// How an image of other proportions becomes one of a given size.
enum class Fit {
  kCrop,     ///< scaled so that it covers the size; what stands out is cut off, equally on both sides
  kPad,      ///< scaled so that it lies within the size; the rest is black, equally on both sides
  kStretch,  ///< each side is scaled by itself
};

/// "crop", "pad", "stretch": the names, in the order of the enum; and the fit of a name. Throws
/// std::invalid_argument for another name.
const std::vector<std::string>& fit_names();
Fit fit_of_name(const std::string& name);

/// Makes an image of `height` x `width` pixels: smaller by the average of areas, larger by cubic convolution
/// (imaging::resize). The side that does not decide the scale is rounded to the nearest pixel, and if an odd
/// number of rows or columns is cut off or padded, the right or lower side gets one more. Returns an image of
/// that size unchanged.
image::Image fit_image(const image::Image& image, int64_t height, int64_t width, Fit fit = Fit::kCrop);

}  // namespace heed::imaging
