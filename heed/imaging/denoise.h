// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "heed/data/image/picture.h"
#include "heed/imaging/noise.h"
#include "heed/imaging/non_local_means.h"

namespace heed::imaging {

/// What happens to black and white dots ("salt and pepper").
enum class ImpulseHandling {
  kAuto,     ///< they are replaced if there are enough to be noise (kImpulseShare)
  kReplace,  ///< whatever stands out is replaced
  kKeep,
};

/// What is absent is chosen by the noise and the size of the picture.
struct DenoiseOptions {
  std::optional<double> sigma = {};  ///< standard deviation of the noise in grey levels of 0 to 255
  ImpulseHandling impulses = ImpulseHandling::kAuto;
  bool exact = false;  ///< start from exact_non_local_means_options
  std::optional<double> strength = {}, own_weight = {};
  std::optional<int64_t> patch = {}, search = {}, aggregate = {};
  int threads = 0;
};

struct Denoised {
  image::Picture picture;
  NoiseEstimate noise;         ///< as given or estimated
  double impulses = 0;         ///< share of the values that were replaced
  NonLocalMeansOptions means;  ///< as used
};

/// Removes noise from a picture: replaces impulses, estimates the other noise, and applies non-local means, at
/// full precision, with one rounding to the picture's 8 or 16 bits. Alpha and notes stay as they are; colours
/// of invisible pixels change nothing and do not change.
///
/// Throws the errors of non_local_means. Memory: about 25 bytes for each value of the picture, more with
/// transparent pixels.
Denoised denoise(const image::Picture& noisy, const DenoiseOptions& options = {});

}  // namespace heed::imaging
