// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/data/image/image.h"

namespace heed::tasks {

/// Pixels [height, width, channels] uint8 on the CPU as an image, and back.
image::Image image_of(const at::Tensor& pixels);
at::Tensor tensor_of(const image::Image& image);

/// Makes every image of [images, height, width, channels] uint8 smaller by area (imaging::downscale_area).
at::Tensor downscale_images(const at::Tensor& images, int64_t height, int64_t width);

/// Exchanges left and right: [..., width, channels].
at::Tensor mirrored(const at::Tensor& images);

/// Chooses `wanted` of the numbers 0 to count - 1, spread evenly, so that data sorted by class gives images
/// of each class. Chooses all when `wanted` is 0 or above `count`.
std::vector<int64_t> spread_evenly(int64_t count, int64_t wanted);

}  // namespace heed::tasks
