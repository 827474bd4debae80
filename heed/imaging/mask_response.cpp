// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/mask_response.h"

#include <algorithm>

namespace heed::imaging {
namespace {

/// Median of the absolute value of a standard normal variable.
constexpr double kMedianSize = 0.67448975019608171;
/// Root of the sum of the squares of the mask's values.
constexpr double kMaskNorm = 6;

bool is_clipped(float value) {
  return value <= 0 || value >= 255;
}

/// Whether a condition holds for the nine values around the one at `here`.
template <class Condition>
bool all_around(const float* here, int64_t width, const Condition& holds) {
  for (const float* row : {here, here - width, here + width}) {
    if (!holds(row[0]) || !holds(row[-1]) || !holds(row[1])) return false;
  }
  return true;
}

}  // namespace

MaskResponse mask_response(const Planes& planes, int64_t channel, std::span<const uint8_t> known) {
  const int64_t width = planes.width;
  MaskResponse found{planes.height - 2, width - 2, {}, {}, {}};
  const auto count = static_cast<size_t>(found.height * found.width);
  found.value.reserve(count);
  found.usable.reserve(count);
  found.flat.reserve(count);
  for (int64_t y = 1; y + 1 < planes.height; ++y) {
    const float* row = planes.pixels.data() + (channel * planes.height + y) * width;
    for (int64_t x = 1; x + 1 < width; ++x) {
      const float *here = row + x, *above = here - width, *below = here + width;
      const float corners = above[-1] + above[1] + below[-1] + below[1];
      const float sides = above[0] + below[0] + here[-1] + here[1];
      found.value.push_back(corners - 2 * sides + 4 * here[0]);
      found.usable.push_back(!all_around(here, width, is_clipped));
      found.flat.push_back(all_around(here, width, [&](float value) { return value == here[0]; }));
    }
  }
  if (known.empty()) return found;
  std::vector<uint8_t> unknown;
  for (const uint8_t mark : known) unknown.push_back(mark == 0);
  const auto near_unknown = dilated(unknown, planes.height, width, 1);
  for (int64_t i = 0; i < std::ssize(found.value); ++i) {
    if (near_unknown[static_cast<size_t>((i / found.width + 1) * width + i % found.width + 1)] == 0) continue;
    found.usable[static_cast<size_t>(i)] = found.flat[static_cast<size_t>(i)] = 0;
  }
  return found;
}

double noise_of_sizes(std::vector<float>& sizes) {
  if (sizes.empty()) return 0;
  const auto middle = sizes.begin() + std::ssize(sizes) / 2;
  std::nth_element(sizes.begin(), middle, sizes.end());
  return *middle / kMaskNorm / kMedianSize;
}

std::vector<uint8_t> dilated(const std::vector<uint8_t>& marks, int64_t height, int64_t width,
                             int64_t reach) {
  std::vector<uint8_t> rows(marks.size()), result(marks.size());
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const auto* row = marks.data() + y * width;
      rows[static_cast<size_t>(y * width + x)] =
          *std::max_element(row + std::max<int64_t>(0, x - reach), row + std::min(width, x + reach + 1));
    }
  }
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t near = std::max<int64_t>(0, y - reach); near < std::min(height, y + reach + 1); ++near) {
      for (int64_t x = 0; x < width; ++x)
        result[static_cast<size_t>(y * width + x)] |= rows[static_cast<size_t>(near * width + x)];
    }
  }
  return result;
}

}  // namespace heed::imaging
