// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_tensors.h"

#include <algorithm>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "heed/imaging/resample.h"

namespace heed::tasks {

image::Image image_of(const at::Tensor& pixels) {
  TORCH_CHECK(pixels.dim() == 3 && pixels.scalar_type() == at::kByte,
              "[image_of] pixels must be uint8 [height, width, channels], got ", pixels.sizes());
  const at::Tensor values = pixels.contiguous();
  const auto* begin = values.data_ptr<uint8_t>();
  return {pixels.size(0), pixels.size(1), pixels.size(2), {begin, begin + values.numel()}};
}

at::Tensor tensor_of(const image::Image& image) {
  at::Tensor pixels = at::empty({image.height, image.width, image.channels}, at::kByte);
  std::copy(image.pixels.begin(), image.pixels.end(), pixels.data_ptr<uint8_t>());
  return pixels;
}

at::Tensor downscale_images(const at::Tensor& images, int64_t height, int64_t width) {
  at::Tensor smaller = at::empty({images.size(0), height, width, images.size(3)}, at::kByte);
  at::parallel_for(0, images.size(0), 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const image::Image scaled = imaging::downscale_area(image_of(images[i]), height, width);
      std::copy(scaled.pixels.begin(), scaled.pixels.end(), smaller[i].data_ptr<uint8_t>());
    }
  });
  return smaller;
}

at::Tensor mirrored(const at::Tensor& images) {
  return images.flip(images.dim() - 2);
}

std::vector<int64_t> spread_evenly(int64_t count, int64_t wanted) {
  const int64_t taken = wanted > 0 ? std::min(wanted, count) : count;
  std::vector<int64_t> chosen;
  for (int64_t i = 0; i < taken; ++i) chosen.push_back(i * count / taken);
  return chosen;
}

}  // namespace heed::tasks
