// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace heed::image {

/// Converts interleaved pixels between one and three channels: a grey value is repeated three times, RGB
/// becomes its luma (ITU-R BT.601, rounded). Returns the pixels unchanged if the channels are equal.
std::vector<uint8_t> convert_channels(std::vector<uint8_t> pixels, int64_t from, int64_t to);

}  // namespace heed::image
