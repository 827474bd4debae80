// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/imaging/planes.h"

namespace heed::imaging {

/// Impulse noise: values that were replaced by black or white ("salt and pepper").
struct Impulses {
  std::vector<uint8_t> mask;  ///< 1 for an impulse, in the order of Planes::pixels
  double share = 0;           ///< of the known values
};

/// Share of impulses from which noise counts as impulses. 412 photographs have at most 0.001, 62 with Gaussian
/// noise of 5 to 60 grey levels 0.011, and pages of black text on white 0.012.
inline constexpr double kImpulseShare = 0.015;

/// Finds black and white values that stand out: the median of the neighbours that are neither is at least 40
/// grey levels away, and four standard deviations of the image's other noise; next to none of them is nearer.
/// At first, most of the eight neighbours must be neither black nor white. If the share is then at least
/// kImpulseShare, or `thorough` is true, dense impulses are looked for too, from three standard deviations: the
/// number of equal neighbours that makes a value part of a black or white area depends on the share. Black and white areas, edges of
/// highlights, text and codes have none.
///
/// `known` as for estimate_noise. Time and extra memory O(pixels).
Impulses find_impulses(const Planes& planes, std::span<const uint8_t> known = {}, bool thorough = false);

/// Replaces impulses by the median of the other known values in the smallest window, from 3 x 3 to 15 x 15
/// pixels, that has at least three. Where none has, they stay.
void replace_impulses(Planes& planes, const Impulses& impulses, std::span<const uint8_t> known = {});

}  // namespace heed::imaging
