// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "heed/data/image/image.h"

namespace heed::imaging {

struct TextureSynthesisOptions {
  int64_t height = 512, width = 512;  ///< of the new picture
  int64_t window = 11;                ///< side of the neighbourhood that is compared, odd, at least 3
  double tolerance = 0.1;  ///< candidates up to (1 + tolerance) times the smallest error are drawn from
  double max_error = 0.3;  ///< mean squared difference, of pixels of 0 to 1, that a first choice may have
  uint64_t seed = 0;
  int threads = 0;  ///< 0: one a core, four at most. The result is the same on every number of them.
  std::function<void(int64_t done, int64_t total)> progress = {};  ///< pixels; on the calling thread
};

/// A larger picture of the same texture. Efros and Leung 1999, Texture synthesis by non-parametric sampling.
///
/// From 3 x 3 pixels of the texture in the middle the picture grows in rings, pixel by pixel. What is filled
/// of the window around a pixel is compared with every whole window of the texture, by squared differences
/// with Gaussian weights (standard deviation window / 6.4, in 255 steps); the pixel becomes the centre of one
/// of the best, drawn with equal chance. A pixel whose best error is above max_error waits for its
/// neighbours; when none is left that need not wait, the maximum grows by a tenth.
///
/// The search is exact: a candidate is given up once its error so far is above (1 + tolerance) times an error
/// that another one, at first of those the filled neighbours came from, is known to have. Time O(pixels *
/// texture pixels * window^2) at worst. The four sides of a ring grow on threads of their own; a pixel does
/// not see what they fill at the same time. The same texture and options give the same picture on every
/// machine.
///
/// Throws Error(kUsage) for sizes that are not as said above, and when the texture is smaller than the
/// window.
image::Image synthesize_texture(const image::Image& texture, const TextureSynthesisOptions& options);

}  // namespace heed::imaging
