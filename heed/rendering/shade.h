// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "heed/rendering/canvas.h"

namespace heed::rendering {

/// Maps a share from 0 to 1 to white, light blue and dark blue, in even steps of lightness; grey if it is not
/// finite.
inline Color shade(double share) {
  if (!std::isfinite(share)) return {0.75, 0.75, 0.75};
  static constexpr std::array<Color, 5> kStops{
      {{1, 1, 1}, {0.80, 0.88, 0.95}, {0.48, 0.70, 0.86}, {0.16, 0.45, 0.71}, {0.03, 0.16, 0.38}}};
  const double at = std::clamp(share, 0.0, 1.0) * (kStops.size() - 1);
  const auto stop = std::min(static_cast<size_t>(at), kStops.size() - 2);
  return mix(kStops[stop], kStops[stop + 1], at - static_cast<double>(stop));
}

}  // namespace heed::rendering
