// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/denoise.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "heed/imaging/impulses.h"
#include "heed/imaging/transparency.h"

namespace heed::imaging {
namespace {

/// The noise beside the replaced values, or of the whole picture if too little of it is left.
NoiseEstimate noise_beside(const Impulses& impulses, const Planes& planes, const std::vector<uint8_t>& seen) {
  if (impulses.share == 0) return estimate_noise(planes, seen);
  const auto numbers = static_cast<size_t>(planes.height * planes.width);
  std::vector<uint8_t> original = seen.empty() ? std::vector<uint8_t>(numbers, 1) : seen;
  for (size_t i = 0; i < impulses.mask.size(); ++i) {
    if (impulses.mask[i] != 0) original[i % numbers] = 0;
  }
  const NoiseEstimate found = estimate_noise(planes, original);
  return found.evidence == NoiseEvidence::kScarce ? estimate_noise(planes, seen) : found;
}

/// Replaces impulses as the options say; returns those that it replaced.
Impulses replace(Planes& planes, const std::vector<uint8_t>& seen, ImpulseHandling handling) {
  if (handling == ImpulseHandling::kKeep) return {};
  const bool always = handling == ImpulseHandling::kReplace;
  Impulses impulses = find_impulses(planes, seen, always);
  if (!always && impulses.share < kImpulseShare) return {};
  replace_impulses(planes, impulses, seen);
  return impulses;
}

NonLocalMeansOptions choose(const DenoiseOptions& given, double sigma, const Planes& planes) {
  auto means =
      given.exact ? exact_non_local_means_options(sigma, planes) : non_local_means_options(sigma, planes);
  means.strength = given.strength.value_or(means.strength);
  means.search = given.search.value_or(means.search);
  means.own_weight = given.own_weight.value_or(means.own_weight);
  means.patch = given.patch.value_or(means.patch);
  means.aggregate = given.aggregate.value_or(std::min(means.aggregate, means.patch));
  means.threads = given.threads;
  return means;
}

}  // namespace

Denoised denoise(const image::Picture& noisy, const DenoiseOptions& options) {
  Planes planes = to_planes(noisy);
  const auto opacity = opacity_of(noisy);
  const auto seen = visible(opacity);
  Denoised result;
  const Impulses impulses = replace(planes, seen, options.impulses);
  result.impulses = impulses.share;
  result.noise = options.sigma ? NoiseEstimate{*options.sigma} : noise_beside(impulses, planes, seen);
  result.means = choose(options, result.noise.sigma, planes);
  result.picture = to_picture(non_local_means(planes, opacity, result.means), noisy);
  return result;
}

}  // namespace heed::imaging
