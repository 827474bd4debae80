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

/// An image of which some pixels are given, to be completed: all the model's image, and for each pixel
/// [height * width] whether it is kept.
struct KnownPixels {
  image::Image image;
  std::vector<bool> keep;
};

/// "top", "bottom", "left" and "right" keep that half (the middle row or column of an odd size goes to the
/// other side), "all-but-centre" all but a rectangle of half the height and width in the middle, and a number
/// that many rows from the top. Throws Error(kUsage) for anything else, and a number that keeps nothing or
/// all.
std::vector<bool> parse_kept(const std::string& text, int64_t height, int64_t width);

/// The image with a flat grey where nothing is kept, for pictures.
image::Image only_kept(const KnownPixels& known);

/// Forces the values of kept pixels, in a model's order of generation (ImageModel::order), while samples
/// `first_sample` on are drawn: sample s gets known[s - first_sample]. Kept pixels that come later in the
/// order than drawn ones cannot be foreseen; the drawn ones then know nothing of them.
decoding::ConstraintFactory force_known(const std::vector<KnownPixels>& known, const at::Tensor& order,
                                        int64_t first_sample);

}  // namespace heed::tasks
