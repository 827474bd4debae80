// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/imaging/planes.h"

namespace heed::imaging {

/// Standard deviation of white Gaussian noise, in grey levels: the median size of what the mask of Immerkaer
/// 1996 (Fast noise variance estimation), the difference of two Laplacians, leaves of the picture, by the
/// robust rule of Donoho and Johnstone 1994 (Ideal spatial adaptation by wavelet shrinkage). Texture is taken
/// for noise where it fills most of the picture. Places that are wholly black or white say nothing and do not
/// count; noise that was cut off there in part counts less.
///
/// Of several channels the root of the mean square. 0 for pictures with a side below 3 pixels. Time and extra
/// memory O(pixels).
double estimate_noise(const Planes& planes);

/// Adds Gaussian noise, each number of the picture with its own, a function of `seed` and its place alone.
/// The result is not rounded nor cut off.
void add_noise(Planes& planes, double sigma, uint64_t seed);

}  // namespace heed::imaging
