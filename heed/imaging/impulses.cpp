// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/impulses.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "heed/core/error.h"
#include "heed/imaging/mask_response.h"

namespace heed::imaging {
namespace {

constexpr double kLeastJump = 40;                 ///< grey levels
constexpr double kSureJump = 4, kLikelyJump = 3;  ///< standard deviations of the other noise
constexpr int kLoneEqual = 1;   ///< neighbours of the same value that a lone impulse may have
constexpr int kLoneOthers = 5;  ///< neighbours that are neither black nor white
constexpr int kAlike = 1;       ///< other neighbours that may be near to the value
/// Equal neighbours from which a value may be, and is, part of a black or white area.
constexpr int kLeastEqual = 3, kMostEqual = 5;
constexpr size_t kLeastGood = 3;  ///< values of which a median is taken
constexpr int64_t kMostReach = 7;
constexpr double kRareChance = 0.005;

bool is_extreme(float value) {
  return value <= 0 || value >= 255;
}

/// The known neighbours of a value: the eight around it, fewer at the border.
struct Neighbours {
  std::array<float, 8> other{};  ///< values that are neither black nor white
  int others = 0, equal = 0, all = 0;

  /// The number of other values within the smallest jump.
  int alike(float value) const {
    return static_cast<int>(std::count_if(other.begin(), other.begin() + others,
                                          [&](float near) { return std::abs(near - value) < kLeastJump; }));
  }

  float median() {
    const auto middle = other.begin() + others / 2;
    std::nth_element(other.begin(), middle, other.begin() + others);
    return *middle;
  }
};

class ImpulseSearch {
 public:
  ImpulseSearch(const Planes& planes, std::span<const uint8_t> known) : planes_(planes), known_(known) {
    if (!known.empty() && std::ssize(known) != planes.height * planes.width)
      throw Error(ErrorKind::kUsage, "known must have one byte for each pixel", "find_impulses");
  }

  /// Marks the values that `is_impulse(value, neighbours)` says.
  template <class IsImpulse>
  Impulses mark(const IsImpulse& is_impulse) const {
    Impulses found;
    found.mask.resize(planes_.pixels.size());
    size_t count = 0, values = 0, at = 0;
    for (int64_t c = 0; c < planes_.channels; ++c) {
      for (int64_t y = 0; y < planes_.height; ++y) {
        for (int64_t x = 0; x < planes_.width; ++x, ++at) {
          if (!knows(y, x)) continue;
          ++values;
          const float value = planes_.pixels[at];
          if (!is_extreme(value)) continue;
          Neighbours near = neighbours(c, y, x);
          found.mask[at] = is_impulse(value, near);
          count += found.mask[at];
        }
      }
    }
    found.share = values == 0 ? 0 : static_cast<double>(count) / static_cast<double>(values);
    return found;
  }

 private:
  bool knows(int64_t row, int64_t column) const {
    return known_.empty() || known_[static_cast<size_t>(row * planes_.width + column)] != 0;
  }

  Neighbours neighbours(int64_t channel, int64_t row, int64_t column) const {
    Neighbours near;
    const float value = planes_.at(channel, row, column);
    for (int64_t y = std::max<int64_t>(0, row - 1); y <= std::min(planes_.height - 1, row + 1); ++y) {
      for (int64_t x = std::max<int64_t>(0, column - 1); x <= std::min(planes_.width - 1, column + 1); ++x) {
        if ((y == row && x == column) || !knows(y, x)) continue;
        const float other = planes_.at(channel, y, x);
        ++near.all;
        if (other == value) ++near.equal;
        if (!is_extreme(other)) near.other[static_cast<size_t>(near.others++)] = other;
      }
    }
    return near;
  }

  const Planes& planes_;
  std::span<const uint8_t> known_;
};

/// The standard deviation of the noise in neighbourhoods without black and white.
double other_noise(const Planes& planes, std::span<const uint8_t> known) {
  if (planes.height < 3 || planes.width < 3) return 0;
  const auto numbers = static_cast<size_t>(planes.height * planes.width);
  std::vector<uint8_t> between(known.begin(), known.end());
  between.resize(numbers, 1);
  for (size_t i = 0; i < planes.pixels.size(); ++i) {
    if (is_extreme(planes.pixels[i])) between[i % numbers] = 0;
  }
  std::vector<float> sizes;
  for (int64_t c = 0; c < planes.channels; ++c) {
    const MaskResponse found = mask_response(planes, c, between);
    for (size_t i = 0; i < found.size(); ++i) {
      if (found.usable[i] != 0) sizes.push_back(std::abs(found.value[i]));
    }
  }
  return noise_of_sizes(sizes);
}

/// The smallest number of equal neighbours, of eight, that impulses of this share have in less than one of two
/// hundred cases.
int rare_equals(double share) {
  double chance = 1, term = std::pow(1 - share, 8);
  for (int equal = 0; equal < 8; ++equal) {
    chance -= term;  // of more than `equal`
    if (chance < kRareChance) return equal + 1;
    term *= (8.0 - equal) / (equal + 1) * share / (1 - share);
  }
  return 8;
}

/// The values that are known and no impulses.
class GoodValues {
 public:
  GoodValues(const Planes& planes, const Impulses& impulses, std::span<const uint8_t> known)
      : planes_(planes), impulses_(impulses), known_(known) {}

  /// The median in the smallest window around the value at `index` that has enough of them.
  std::optional<float> median_around(int64_t index) const {
    const int64_t numbers = planes_.height * planes_.width, pixel = index % numbers;
    std::vector<float> values;
    for (int64_t reach = 1; reach <= kMostReach; ++reach) {
      collect(index / numbers, pixel / planes_.width, pixel % planes_.width, reach, values);
      if (values.size() < kLeastGood) continue;
      const auto middle = values.begin() + std::ssize(values) / 2;
      std::nth_element(values.begin(), middle, values.end());
      return *middle;
    }
    return std::nullopt;
  }

 private:
  void collect(int64_t channel, int64_t row, int64_t column, int64_t reach,
               std::vector<float>& values) const {
    values.clear();
    const int64_t first = std::max<int64_t>(0, column - reach);
    const int64_t last = std::min(planes_.width - 1, column + reach);
    for (int64_t y = std::max<int64_t>(0, row - reach); y <= std::min(planes_.height - 1, row + reach); ++y) {
      for (int64_t x = first; x <= last; ++x) {
        const auto pixel = static_cast<size_t>(y * planes_.width + x);
        const size_t value = static_cast<size_t>(channel * planes_.height * planes_.width) + pixel;
        if (impulses_.mask[value] == 0 && (known_.empty() || known_[pixel] != 0))
          values.push_back(planes_.pixels[value]);
      }
    }
  }

  const Planes& planes_;
  const Impulses& impulses_;
  std::span<const uint8_t> known_;
};

}  // namespace

Impulses find_impulses(const Planes& planes, std::span<const uint8_t> known, bool thorough) {
  check_planes(planes, "find_impulses");
  const ImpulseSearch search(planes, known);
  const auto extremes = std::count_if(planes.pixels.begin(), planes.pixels.end(), is_extreme);
  if (static_cast<double>(extremes) < kImpulseShare * static_cast<double>(planes.pixels.size()) && !thorough)
    return {std::vector<uint8_t>(planes.pixels.size()), 0};
  double jump = kLeastJump;
  const auto is_far = [&](float value, Neighbours& near) {
    return near.others > 0 && std::abs(value - near.median()) >= jump;
  };
  const auto is_lone = [&](float value, Neighbours& near) {
    return near.equal <= kLoneEqual && near.others >= kLoneOthers && near.alike(value) <= kAlike &&
           is_far(value, near);
  };
  Impulses lone = search.mark(is_lone);
  if (lone.share < kImpulseShare && !thorough) return lone;
  const double noise = other_noise(planes, known);
  jump = std::max(kLeastJump, kSureJump * noise);
  lone = search.mark(is_lone);
  if (lone.share < kImpulseShare && !thorough) return lone;
  jump = std::max(kLeastJump, kLikelyJump * noise);
  const double share = search.mark(is_far).share;
  const int rare = rare_equals(std::min(0.5, share / 2));  // half of the impulses are white
  const int most = std::clamp(rare, kLeastEqual, kMostEqual);
  return search.mark([&](float value, Neighbours& near) {
    return near.equal < most && (near.others == 0 || is_far(value, near));
  });
}

void replace_impulses(Planes& planes, const Impulses& impulses, std::span<const uint8_t> known) {
  check_planes(planes, "replace_impulses");
  const Planes noisy = planes;
  const GoodValues good(noisy, impulses, known);
  for (size_t i = 0; i < noisy.pixels.size(); ++i) {
    if (impulses.mask[i] == 0) continue;
    if (const auto median = good.median_around(static_cast<int64_t>(i))) planes.pixels[i] = *median;
  }
}

}  // namespace heed::imaging
