// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heed::image {

/// Converts interleaved pixels between one and three channels: a grey value is repeated three times, RGB
/// becomes its luma (ITU-R BT.601, rounded). Returns the pixels unchanged if the channels are equal.
std::vector<uint8_t> convert_channels(std::vector<uint8_t> pixels, int64_t from, int64_t to);

/// "32 x 24 RGB": width, height and colours.
std::string image_size_text(int64_t height, int64_t width, int64_t channels);

}  // namespace heed::image
