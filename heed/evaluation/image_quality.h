// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "heed/data/image/image.h"
#include "heed/imaging/planes.h"

namespace heed::evaluation {

/// Peak signal-to-noise ratio in dB, 10 log10(255^2 / mean squared difference over all channels); infinity
/// for equal images. Throws Error(kUsage) if the sizes differ or there are no pixels.
double psnr(const image::Image& image, const image::Image& reference);

/// Mean structural similarity. Wang, Bovik, Sheikh and Simoncelli 2004, Image quality assessment: from error
/// visibility to structural similarity.
///
/// As in the paper: a Gaussian window of 11 x 11 pixels with standard deviation 1.5, K1 0.01, K2 0.03, range
/// 255, over all positions where the window is inside the image; the mean over the channels of a colour
/// image. Equals scikit-image with gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
/// data_range=255.
///
/// Returns nothing if a side is below 11 pixels. Throws Error(kUsage) if the sizes differ or there are no
/// pixels. Time and extra memory O(pixels).
std::optional<double> structural_similarity(const image::Image& image, const image::Image& reference);

/// The same for planes, whose values from 0 to 255 need not be whole.
double psnr(const imaging::Planes& image, const imaging::Planes& reference);
std::optional<double> structural_similarity(const imaging::Planes& image, const imaging::Planes& reference);

}  // namespace heed::evaluation
