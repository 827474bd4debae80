// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "heed/imaging/planes.h"

namespace heed::imaging {

/// How far an estimate of noise can be trusted.
enum class NoiseEvidence {
  kClear,
  kDrawing,  ///< flat areas with sharp edges, or at most four levels: no noise, so sigma is 0
  kTexture,  ///< part of what was measured is probably texture: sigma may be too high
  kScarce,   ///< few pixels could be used: the image is small, transparent, or nearly all black and white
};

struct NoiseEstimate {
  double sigma = 0;  ///< standard deviation in grey levels, root mean square over the channels
  NoiseEvidence evidence = NoiseEvidence::kClear;
};

/// Estimates the standard deviation of white Gaussian noise: applies the mask of Immerkaer 1996 (Fast noise
/// variance estimation), the difference of two Laplacians, and takes the median absolute value, by the robust
/// rule of Donoho and Johnstone 1994 (Ideal spatial adaptation by wavelet shrinkage).
///
/// Neighbourhoods of 3 x 3 pixels that are all black or white are ignored; partly clipped noise counts less.
/// Flat areas are ignored if noise covers all the rest, like the frame of a photograph. Texture counts as
/// noise if it fills most of the image; kTexture says where that is likely, because the mask's responses at
/// neighbouring pixels are less alternating than those of white noise (there 27 of 100 have the same sign), or
/// because the smoothest tenth of the image has far less noise.
///
/// `known`: one byte a pixel, in rows; 0 leaves the pixel out. Empty: all are known. Images with a side below 3
/// pixels have sigma 0 and kScarce. Time and extra memory O(pixels).
NoiseEstimate estimate_noise(const Planes& planes, std::span<const uint8_t> known = {});

/// Adds Gaussian noise to every value, a function of `seed` and the value's index only. Neither rounds nor
/// clips.
void add_noise(Planes& planes, double sigma, uint64_t seed);

}  // namespace heed::imaging
