// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace heed::image {

struct ReadLimits {
  int64_t max_pixels = int64_t{1} << 26;  ///< height times width, as the header claims them
};

/// Throws Error(kData) at `place` for a picture without pixels, or with more than the limit: before any
/// memory is taken for them. Sizes are those of a header, up to 32 bits.
void check_size(uint32_t height, uint32_t width, const ReadLimits& limits, const std::string& place);

}  // namespace heed::image
