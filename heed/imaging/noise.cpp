// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/noise.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "heed/core/error.h"
#include "heed/imaging/mask_response.h"
#include "heed/kernels/dropout_hash.h"

namespace heed::imaging {
namespace {

// The limits below were set on drawings, texts, 400 photographs, and photographs with noise of 0 to 80.
constexpr double kFlatShare = 0.1;  ///< of flat neighbourhoods, above which a picture may be a drawing
/// Share of the other neighbourhoods that is far from flat ones, below which it is one.
constexpr double kFarInDrawing = 0.55;
constexpr double kFarBesideFrame = 0.85;  ///< above which flat ones may be a frame around noise
constexpr int64_t kFarReach = 2;
constexpr size_t kFewLevels = 4;
constexpr float kLevelGap = 16;
constexpr double kLeastNoise = 2;         ///< smaller estimates change so little that nobody need doubt them
constexpr double kSameSigns = 0.32;       ///< 0.27 for white noise, up to 0.45 for texture
constexpr double kSmoothestTenth = 0.55;  ///< of the estimate; 0.78 for white noise
constexpr int64_t kBlock = 8, kFewBlocks = 10;
constexpr size_t kFewUsable = 100;
constexpr double kScarceShare = 0.01;
/// Mean absolute response to white noise of one grey level.
constexpr double kMeanResponse = 6 * 0.79788456080286536;
constexpr double kNegligible = 1e-3;  ///< rounding of the picture's numbers gives no less

/// What the neighbourhoods of all channels say.
class Evidence {
 public:
  explicit Evidence(int64_t channels) : channels_(static_cast<double>(channels)) {}

  void add(const MaskResponse& found) {
    const auto flats = static_cast<size_t>(std::count(found.flat.begin(), found.flat.end(), 1));
    all_ += found.size();
    flat_ += flats;
    std::vector<float> sizes;
    sizes.reserve(found.size());
    for (size_t i = 0; i < found.size(); ++i) {
      if (found.usable[i] != 0) sizes.push_back(std::abs(found.value[i]));
    }
    usable_ += sizes.size();
    const double sigma = noise_of_sizes(sizes);
    add_square(whole_, sigma);
    add_square(beside_flats_, share(flats, found.size()) < kFlatShare ? sigma : look_beside_flats(found));
    add_square(smoothest_, smoothest_tenth(found));
    count_signs(found);
  }

  NoiseEstimate conclude(bool has_few_levels) const {
    const bool has_flats = share(flat_, all_) >= kFlatShare;
    const double far = share(far_, uneven_);
    if (has_few_levels || (has_flats && far < kFarInDrawing)) return {0, NoiseEvidence::kDrawing};
    const bool has_frame = has_flats && far >= kFarBesideFrame && is_like_noise(std::sqrt(beside_flats_));
    double sigma = std::sqrt(has_frame ? beside_flats_ : whole_);
    if (sigma < kNegligible) sigma = 0;
    if (usable_ < kFewUsable || share(usable_, all_) < kScarceShare) return {sigma, NoiseEvidence::kScarce};
    const bool is_clear = sigma < kLeastNoise || is_like_noise(sigma);
    return {sigma, is_clear ? NoiseEvidence::kClear : NoiseEvidence::kTexture};
  }

 private:
  bool is_like_noise(double sigma) const {
    const bool is_even = !has_blocks_ || std::sqrt(smoothest_) >= kSmoothestTenth * sigma;
    return is_even && share(same_, pairs_) <= kSameSigns;
  }
  static double share(size_t part, size_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  }
  void add_square(double& mean, double sigma) const { mean += sigma * sigma / channels_; }

  double look_beside_flats(const MaskResponse& found) {
    const auto near = dilated(found.flat, found.height, found.width, kFarReach);
    std::vector<float> sizes;
    for (size_t i = 0; i < found.size(); ++i) {
      if (found.usable[i] == 0 || found.flat[i] != 0) continue;
      sizes.push_back(std::abs(found.value[i]));
      far_ += near[i] == 0;
    }
    uneven_ += sizes.size();
    return noise_of_sizes(sizes);
  }

  /// The tenth smallest of a hundred blocks' standard deviations, by their mean responses.
  double smoothest_tenth(const MaskResponse& found) {
    std::vector<double> means;
    for (int64_t y = 0; y + kBlock <= found.height; y += kBlock) {
      for (int64_t x = 0; x + kBlock <= found.width; x += kBlock) {
        double sum = 0;
        bool whole = true;
        for (int64_t i = 0; i < kBlock * kBlock; ++i) {
          const auto at = static_cast<size_t>((y + i / kBlock) * found.width + x + i % kBlock);
          sum += std::abs(found.value[at]);
          whole = whole && found.usable[at] != 0 && found.flat[at] == 0;
        }
        if (whole) means.push_back(sum / (kBlock * kBlock) / kMeanResponse);
      }
    }
    has_blocks_ = has_blocks_ && std::ssize(means) >= kFewBlocks;
    if (means.empty()) return 0;
    const auto tenth = means.begin() + std::ssize(means) / 10;
    std::nth_element(means.begin(), tenth, means.end());
    return *tenth;
  }

  void count_signs(const MaskResponse& found) {
    for (int64_t y = 0; y < found.height; ++y) {
      for (int64_t x = 1; x < found.width; ++x) {
        const auto at = static_cast<size_t>(y * found.width + x);
        const float product = found.value[at] * found.value[at - 1];
        if (product == 0 || found.usable[at] == 0 || found.usable[at - 1] == 0) continue;
        ++pairs_;
        same_ += product > 0;
      }
    }
  }

  double channels_;
  size_t all_ = 0, flat_ = 0, usable_ = 0, uneven_ = 0, far_ = 0, pairs_ = 0, same_ = 0;
  double whole_ = 0, beside_flats_ = 0, smoothest_ = 0;
  bool has_blocks_ = true;
};

/// Whether every channel has two to four levels, and none near to another: no noise can be seen in them.
bool has_few_levels(const Planes& planes) {
  const auto numbers = static_cast<size_t>(planes.height * planes.width);
  size_t most = 0;
  for (size_t c = 0; c < static_cast<size_t>(planes.channels); ++c) {
    std::vector<float> levels;
    for (size_t i = 0; i < numbers; ++i) {
      const float value = planes.pixels[c * numbers + i];
      if (std::find(levels.begin(), levels.end(), value) == levels.end()) levels.push_back(value);
      if (levels.size() > kFewLevels) return false;
    }
    std::sort(levels.begin(), levels.end());
    for (size_t i = 1; i < levels.size(); ++i) {
      if (levels[i] - levels[i - 1] < kLevelGap) return false;
    }
    most = std::max(most, levels.size());
  }
  return most >= 2;
}

/// Returns a uniform number in (0, 1].
double uniform(uint64_t bits) {
  return (static_cast<double>(bits >> 11) + 1) * 0x1p-53;
}

}  // namespace

NoiseEstimate estimate_noise(const Planes& planes, std::span<const uint8_t> known) {
  check_planes(planes, "estimate_noise");
  if (!known.empty() && std::ssize(known) != planes.height * planes.width)
    throw Error(ErrorKind::kUsage, "known must have one byte for each pixel", "estimate_noise");
  if (planes.height < 3 || planes.width < 3) return {0, NoiseEvidence::kScarce};
  Evidence evidence(planes.channels);
  for (int64_t c = 0; c < planes.channels; ++c) evidence.add(mask_response(planes, c, known));
  return evidence.conclude(has_few_levels(planes));
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
