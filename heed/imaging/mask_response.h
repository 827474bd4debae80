// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/imaging/planes.h"

namespace heed::imaging {

/// Where the 3 x 3 pixels of a channel around a pixel can tell noise, [height - 2, width - 2].
struct MaskResponse {
  int64_t height = 0, width = 0;
  std::vector<float> value;     ///< the response to Immerkaer's mask, in grey levels times 6
  std::vector<uint8_t> usable;  ///< all pixels are known, and not all are black or white
  std::vector<uint8_t> flat;    ///< all pixels are equal

  std::size_t size() const { return value.size(); }
};

/// The channel must have at least 3 x 3 pixels; `known` as for estimate_noise.
MaskResponse mask_response(const Planes& planes, int64_t channel, std::span<const uint8_t> known);

/// The standard deviation of white noise by the median of the response's absolute values; 0 if there are none.
/// Changes their order.
double noise_of_sizes(std::vector<float>& sizes);

/// Marks the pixels within `reach` rows and columns of a marked one.
std::vector<uint8_t> dilated(const std::vector<uint8_t>& marks, int64_t height, int64_t width, int64_t reach);

}  // namespace heed::imaging
