// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <random>

#include "heed/imaging/planes.h"

namespace heed::imaging {

/// Makes edges, slopes and noise, all within 0 to 255.
inline Planes test_picture(int64_t channels, int64_t height, int64_t width, unsigned seed, float noise = 12) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 1);
  Planes planes(channels, height, width);
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        const float edge = (x / 7 + y / 5) % 2 == 0 ? 70.0f : 160.0f;
        planes.at(c, y, x) =
            edge + static_cast<float>(c) * 10 + static_cast<float>(x % 7) + noise * normal(random);
      }
    }
  }
  return planes;
}

/// Converts to bytes, with integers in the planes.
inline Planes rounded(const Planes& planes) {
  return to_planes(to_image(planes));
}

inline float largest_difference(const Planes& a, const Planes& b) {
  float most = a.pixels.size() == b.pixels.size() ? 0 : INFINITY;
  for (size_t i = 0; i < a.pixels.size() && i < b.pixels.size(); ++i)
    most = std::max(most, std::abs(a.pixels[i] - b.pixels[i]));
  return most;
}

}  // namespace heed::imaging
