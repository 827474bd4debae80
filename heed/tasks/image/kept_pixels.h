// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/data/image/image.h"
#include "heed/decoding/constraint.h"

namespace heed::tasks {

/// An image to complete: some of its pixels are given.
struct KnownPixels {
  image::Image image;      ///< in the model's size
  std::vector<bool> keep;  ///< [height * width] true: the pixel is given
};

/// The pixels to keep, [height * width]. "top", "bottom", "left" and "right" keep that half, without the
/// middle row or column of an odd size. "all-but-centre" keeps all but a rectangle in the middle of half the
/// height and width. A number keeps that many rows from the top. Throws Error(kUsage) for any other text, and
/// for a number that keeps no row or every row.
std::vector<bool> parse_kept(const std::string& text, int64_t height, int64_t width);

/// The image with a flat grey in place of the pixels that are not kept, for pictures.
image::Image only_kept(const KnownPixels& known);

/// Forces the values of kept pixels while images are drawn: sample s keeps those of known[s - first_sample].
/// `order` is the model's order of generation (PixelModel::order). A drawn pixel does not depend on kept
/// pixels that come after it in that order.
decoding::ConstraintFactory force_known(const std::vector<KnownPixels>& known, const at::Tensor& order,
                                        int64_t first_sample);

}  // namespace heed::tasks
