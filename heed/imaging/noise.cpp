// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/noise.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "heed/kernels/dropout_hash.h"

namespace heed::imaging {
namespace {

/// Median of the absolute value of a standard normal variable.
constexpr double kMedianSize = 0.67448975019608171;

double channel_noise(const Planes& planes, int64_t channel) {
  std::vector<float> sizes;
  sizes.reserve(static_cast<size_t>((planes.height - 2) * (planes.width - 2)));
  for (int64_t y = 1; y + 1 < planes.height; ++y) {
    const float* above =
        &planes.pixels[static_cast<size_t>((channel * planes.height + y - 1) * planes.width)];
    const float* here = above + planes.width;
    const float* below = here + planes.width;
    for (int64_t x = 1; x + 1 < planes.width; ++x) {
      const float corners = above[x - 1] + above[x + 1] + below[x - 1] + below[x + 1];
      const float sides = above[x] + below[x] + here[x - 1] + here[x + 1];
      const float size = std::abs(corners - 2 * sides + 4 * here[x]);
      if (size == 0 && (here[x] <= 0 || here[x] >= 255)) continue;  // clipped, like the white of a page
      sizes.push_back(size);
    }
  }
  if (sizes.empty()) return 0;
  const auto middle = sizes.begin() + static_cast<ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return *middle / 6 / kMedianSize;  // the squares of the mask's values sum to 36
}

/// Returns a uniform number in (0, 1].
double uniform(uint64_t bits) {
  return (static_cast<double>(bits >> 11) + 1) * 0x1p-53;
}

}  // namespace

double estimate_noise(const Planes& planes) {
  check_planes(planes, "estimate_noise");
  if (planes.height < 3 || planes.width < 3) return 0;
  double squares = 0;
  for (int64_t c = 0; c < planes.channels; ++c) {
    const double sigma = channel_noise(planes, c);
    squares += sigma * sigma;
  }
  return std::sqrt(squares / static_cast<double>(planes.channels));
}

void add_noise(Planes& planes, double sigma, uint64_t seed) {
  const uint64_t key = kernels::mix64(seed + 0x9e3779b97f4a7c15u);
  for (size_t i = 0; i < planes.pixels.size(); ++i) {
    const uint64_t first = kernels::mix64(key + 0x9e3779b97f4a7c15u * (2 * i + 1));
    const uint64_t second = kernels::mix64(key + 0x9e3779b97f4a7c15u * (2 * i + 2));
    // Box and Muller 1958
    const double normal =
        std::sqrt(-2 * std::log(uniform(first))) * std::cos(2 * std::numbers::pi * uniform(second));
    planes.pixels[i] += static_cast<float>(sigma * normal);
  }
}

}  // namespace heed::imaging
