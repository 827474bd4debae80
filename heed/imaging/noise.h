// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/imaging/planes.h"

namespace heed::imaging {

/// Estimates the standard deviation of white Gaussian noise, in grey levels: applies the mask of Immerkaer
/// 1996 (Fast noise variance estimation), the difference of two Laplacians, and takes the median absolute
/// value, by the robust rule of Donoho and Johnstone 1994 (Ideal spatial adaptation by wavelet shrinkage).
/// Texture counts as noise if it fills most of the image. Completely black or white areas are ignored; partly
/// clipped noise counts less.
///
/// Returns the root mean square over the channels; 0 for images with a side below 3 pixels. Time and extra
/// memory O(pixels).
double estimate_noise(const Planes& planes);

/// Adds Gaussian noise to every value, a function of `seed` and the value's index only. Neither rounds nor
/// clips.
void add_noise(Planes& planes, double sigma, uint64_t seed);

}  // namespace heed::imaging
