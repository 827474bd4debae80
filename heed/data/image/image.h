// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace heed::image {

/// 8-bit pixels [height, width, channels]: rows from top to bottom, channels interleaved (1: grey; 3: red,
/// green, blue).
struct Image {
  int64_t height = 0, width = 0, channels = 0;
  std::vector<uint8_t> pixels;
};

}  // namespace heed::image
