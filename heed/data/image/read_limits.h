// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace heed::image {

struct ReadLimits {
  int64_t max_pixels = int64_t{1} << 26;  ///< limit for height times width in the header
};

/// Checks the header's sizes, up to 32 bits, before memory is allocated. Throws Error(kData) at `place` for
/// an image without pixels or above the limit.
void check_size(uint32_t height, uint32_t width, const ReadLimits& limits, const std::string& place);

}  // namespace heed::image
