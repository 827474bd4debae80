// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/read_limits.h"

#include "heed/core/error.h"

namespace heed::image {

void check_size(uint32_t height, uint32_t width, const ReadLimits& limits, const std::string& place) {
  const std::string size = std::to_string(width) + " x " + std::to_string(height);
  if (height == 0 || width == 0) throw Error(ErrorKind::kData, "has no pixels: " + size, place);
  const uint64_t pixels = uint64_t{height} * width;
  if (pixels > static_cast<uint64_t>(limits.max_pixels)) {
    throw Error(ErrorKind::kData,
                "its header says " + size + " pixels; the limit is " + std::to_string(limits.max_pixels) +
                    " in total: make the image smaller",
                place);
  }
}

}  // namespace heed::image
