// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace heed::image {

/// Interleaved pixels of one channel as three equal ones, or of RGB as their luma (ITU-R BT.601, rounded); as
/// they are when the channels agree.
std::vector<uint8_t> convert_channels(std::vector<uint8_t> pixels, int64_t from, int64_t to);

}  // namespace heed::image
