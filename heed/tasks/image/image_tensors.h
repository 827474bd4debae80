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

/// Every image of [images, height, width, channels] uint8 made smaller by area (imaging::downscale_area).
at::Tensor downscale_images(const at::Tensor& images, int64_t height, int64_t width);

/// Left and right exchanged: [..., width, channels].
at::Tensor mirrored(const at::Tensor& images);

/// `wanted` of 0 to count - 1, spread evenly; all where `wanted` is 0 or more than there are. Data in the
/// order of its classes gives some of each.
std::vector<int64_t> spread_evenly(int64_t count, int64_t wanted);

}  // namespace heed::tasks
