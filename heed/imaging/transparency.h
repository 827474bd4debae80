// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/data/image/picture.h"
#include "heed/imaging/non_local_means.h"
#include "heed/imaging/planes.h"

namespace heed::imaging {

/// Returns alpha as numbers from 0 to 1, one for each pixel; nothing if all pixels are opaque.
std::vector<float> opacity_of(const image::Picture& picture);

/// Returns 1 for pixels that can be seen, else 0; nothing if there is no opacity.
std::vector<uint8_t> visible(std::span<const float> opacity);

/// Blends the colours with white.
Planes on_white(const Planes& colours, std::span<const float> opacity);

/// Non-local means of a picture with transparent pixels. A pixel counts by its opacity, in the mean and in the
/// comparison of patches, which compares the opacity too: so the colours of invisible pixels go nowhere, and
/// invisible pixels keep theirs. The opacity does not change. Without one, or where all of a window is opaque,
/// the result is that of non_local_means.
Planes non_local_means(const Planes& noisy, std::span<const float> opacity,
                       const NonLocalMeansOptions& options);

}  // namespace heed::imaging
