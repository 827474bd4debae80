// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "heed/data/image/image.h"
#include "heed/data/image/picture.h"

namespace heed::imaging {

struct TextureSynthesisOptions {
  int64_t height = 512, width = 512;  ///< size of the new image
  int64_t window = 11;                ///< side of the compared neighbourhood, odd, at least 3
  double tolerance = 0.1;  ///< candidates up to (1 + tolerance) times the smallest error are eligible
  double max_error = 0.3;  ///< largest mean squared difference, for pixels of 0 to 1, of a first choice
  uint64_t seed = 0;
  int threads = 0;  ///< 0: one per core, at most four; the result is the same for any number
  std::function<void(int64_t done, int64_t total)> progress = {};  ///< in pixels, on the calling thread
};

/// Synthesises a larger image of the same texture. Efros and Leung 1999, Texture synthesis by non-parametric
/// sampling.
///
/// The image grows in rings, pixel by pixel, from 3 x 3 pixels of the texture in its middle. The filled
/// pixels in the window around a pixel are compared with every complete window of the texture, by squared
/// differences with Gaussian weights (standard deviation window / 6.4, in 255 steps). The pixel becomes the
/// centre of one of the best windows, drawn with equal probability. A pixel whose best error exceeds
/// max_error waits for its neighbours; when all remaining pixels wait, the limit grows by a tenth.
///
/// The search is exact: a candidate is abandoned once its error so far exceeds (1 + tolerance) times the
/// known error of another, at first of those from which the filled neighbours came. Time O(pixels * texture
/// pixels * window^2) in the worst case. The four sides of a ring grow on separate threads; a pixel does not
/// see what they fill concurrently. The same texture and options give the same image on every machine.
///
/// Throws Error(kUsage) for sizes outside the ranges above, which names the field, and if the texture is smaller
/// than the window.
image::Image synthesize_texture(const image::Image& texture, const TextureSynthesisOptions& options);

/// Does the same with whole pictures: every pixel is a copy of a pixel of the texture, with all of its bits and
/// its alpha, and the notes are kept. Patches are compared in whole grey levels of 0 to 255. Colours that are
/// not opaque count by their alpha, which is compared as one more channel.
image::Picture synthesize_texture(const image::Picture& texture, const TextureSynthesisOptions& options);

}  // namespace heed::imaging
