// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/transparency.h"

#include <algorithm>
#include <cmath>

namespace heed::imaging {
namespace {

constexpr float kWhite = 255;

}  // namespace

std::vector<float> opacity_of(const image::Picture& picture) {
  std::vector<float> opacity;
  if (!image::is_transparent(picture)) return opacity;
  opacity.reserve(static_cast<size_t>(picture.height * picture.width));
  const auto step = static_cast<size_t>(picture.channels);
  for (size_t i = step - 1; i < picture.pixels.size(); i += step)
    opacity.push_back(static_cast<float>(picture.pixels[i]) / picture.largest());
  return opacity;
}

std::vector<uint8_t> visible(std::span<const float> opacity) {
  std::vector<uint8_t> seen(opacity.size());
  std::transform(opacity.begin(), opacity.end(), seen.begin(), [](float alpha) { return alpha > 0; });
  return seen;
}

Planes on_white(const Planes& colours, std::span<const float> opacity) {
  Planes shown = colours;
  for (size_t i = 0; i < shown.pixels.size() && !opacity.empty(); ++i)
    shown.pixels[i] = std::lerp(kWhite, shown.pixels[i], opacity[i % opacity.size()]);
  return shown;
}

Planes non_local_means(const Planes& noisy, std::span<const float> opacity,
                       const NonLocalMeansOptions& options) {
  if (opacity.empty()) return non_local_means(noisy, options);
  Planes joined(noisy.channels + 1, noisy.height, noisy.width);
  const size_t numbers = opacity.size(), colours = noisy.pixels.size();
  for (size_t i = 0; i < colours; ++i) joined.pixels[i] = noisy.pixels[i] * opacity[i % numbers];
  for (size_t i = 0; i < numbers; ++i) joined.pixels[colours + i] = kWhite * opacity[i];
  // Distances are means over the channels, and the opacity has no noise.
  NonLocalMeansOptions of_joined = options;
  const double scale =
      std::sqrt(static_cast<double>(noisy.channels) / static_cast<double>(noisy.channels + 1));
  of_joined.sigma *= scale;
  of_joined.strength *= scale;
  const Planes mean = non_local_means(joined, of_joined);
  Planes result = noisy;
  for (size_t i = 0; i < colours; ++i) {
    const float alpha = mean.pixels[colours + i % numbers] / kWhite;
    if (opacity[i % numbers] > 0 && alpha > 0) result.pixels[i] = mean.pixels[i] / alpha;
  }
  return result;
}

}  // namespace heed::imaging
