// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/imaging/planes.h"

namespace heed::imaging {

enum class PatchShape {
  kBox,       ///< every pixel of a patch counts alike
  kGaussian,  ///< those near its centre count more: standard deviation (patch - 1) / 4
};

/// Of non-local means. Lengths in pixels, sigma and strength in grey levels.
struct NonLocalMeansOptions {
  double sigma = 0;     ///< of the noise: what it adds to the distance of patches is taken off, 2 sigma^2
  double strength = 0;  ///< h: a patch whose mean squared distance is d weighs exp(-(d - 2 sigma^2) / h^2)
  int64_t patch = 7;    ///< side of the patches, odd
  int64_t search = 21;  ///< side of the window whose patches are compared, odd
  PatchShape shape = PatchShape::kBox;
  /// Pixels around a patch's centre that its weight counts for as well, as a side, odd, at most `patch`: what
  /// is averaged then are pieces of patches, with the mean over all pieces that cover a pixel (Buades, Coll
  /// and Morel 2011, with whole patches). 1 is the pixelwise form.
  int64_t aggregate = 1;
  double centre = 1;  ///< weight of a pixel for itself, at least 0; an equal patch has 1
  double cutoff = 5;  ///< weights below exp(-cutoff) are 0
  int threads = 0;    ///< 0: one a core. The result is the same, to the last bit, on every number of them.
};

/// The sizes and strength that gave the highest mean PSNR on twelve pictures with noise of 5 to 50 grey
/// levels (docs/imaging.md); the patch is made smaller for a picture that is too small.
NonLocalMeansOptions non_local_means_options(double sigma, const Planes& planes);
/// The same for what is customary and scikit-image computes: Gaussian patches of 7 pixels, pixelwise, a
/// window of 21.
NonLocalMeansOptions exact_non_local_means_options(double sigma, const Planes& planes);

/// Non-local means. Buades, Coll and Morel 2005, A non-local algorithm for image denoising.
///
/// Every pixel becomes the mean of the pixels in the window around it, weighted by how near the patches
/// around them are to its own; distances are means over all channels. Patches reach over the border into the
/// picture's reflection; the window ends at it. With kGaussian and aggregate 1 this is what scikit-image
/// computes with fast_mode=False, but for its approximate exponential and its giving patches up between two
/// rows. A strength of 0 gives the picture back.
///
/// Each shift of the picture against itself is worked on as a whole, and serves both pixels of a pair
/// (Darbon et al. 2008), with distances by two passes over squared differences in place of their integral, so
/// that Gaussian patches cost what boxes cost. Time O(pixels * search^2 * patch) / 2, memory O(pixels).
///
/// Throws Error(kUsage) when a size is even or below 1, the patch is larger than the picture, or a number is
/// negative or not finite.
Planes non_local_means(const Planes& noisy, const NonLocalMeansOptions& options);

}  // namespace heed::imaging
