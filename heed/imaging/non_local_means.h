// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/imaging/planes.h"

namespace heed::imaging {

enum class PatchShape {
  kBox,       ///< all pixels of a patch have equal weight
  kGaussian,  ///< pixels near the centre weigh more: standard deviation (patch - 1) / 4
};

/// Options of non-local means. Lengths are in pixels, sigma and strength in grey levels.
struct NonLocalMeansOptions {
  double sigma = 0;     ///< standard deviation of the noise; 2 sigma^2 is subtracted from squared distances
  double strength = 0;  ///< h: a patch at mean squared distance d weighs exp(-(d - 2 sigma^2) / h^2)
  int64_t patch = 7;    ///< side of the patches, odd
  int64_t search = 21;  ///< side of the search window, odd
  PatchShape shape = PatchShape::kBox;
  /// Side, odd and at most `patch`, of the central part of a patch to which its weight applies. These parts
  /// are averaged, with the mean over all parts that cover a pixel (Buades, Coll and Morel 2011, with whole
  /// patches). 1 is the pixelwise form.
  int64_t aggregate = 1;
  double own_weight = 1;  ///< weight of a pixel for itself, at least 0; an equal patch has 1
  double cutoff = 5;      ///< weights below exp(-cutoff) are 0
  int threads = 0;        ///< 0: one per core; the result is the same bits for any number
};

/// Returns the sizes and strength with the highest mean PSNR on twelve images with noise of 5 to 50 grey
/// levels (docs/imaging.md). The patch is smaller for small images.
NonLocalMeansOptions non_local_means_options(double sigma, const Planes& planes);
/// Returns the usual options, which scikit-image also uses: Gaussian patches of 7 pixels, pixelwise, a search
/// window of 21.
NonLocalMeansOptions exact_non_local_means_options(double sigma, const Planes& planes);

/// Non-local means. Buades, Coll and Morel 2005, A non-local algorithm for image denoising.
///
/// Every pixel becomes the mean of the pixels in its search window, weighted by the similarity of the patches
/// around them to its own. Distances are means over all channels. Patches extend over the border into the
/// image's reflection; the search window ends at the border. With kGaussian and aggregate 1 this equals
/// scikit-image with fast_mode=False, except for its approximate exponential and for patches that it abandons
/// between two rows. A strength of 0 returns the image unchanged.
///
/// Each shift of the image against itself is processed as a whole and serves both pixels of a pair (Darbon et
/// al. 2008). Distances come from two passes over squared differences instead of an integral image, so that
/// Gaussian patches are as fast as boxes. Time O(pixels * search^2 * patch) / 2, memory O(pixels).
///
/// Throws Error(kUsage), which names the field, if a size is even or below 1, the patch is larger than the image, or a number is
/// negative or not finite.
Planes non_local_means(const Planes& noisy, const NonLocalMeansOptions& options);

}  // namespace heed::imaging
