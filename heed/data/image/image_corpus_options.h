// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "heed/data/image/image.h"
#include "heed/data/image/read_limits.h"

namespace heed::image {

/// Makes an image of height x width from one of another size.
using ImageFitter = std::function<Image(const Image& image, int64_t height, int64_t width)>;

struct ImageCorpusOptions {
  int64_t height = 0, width = 0;    ///< pixels; 0: those of most images
  ImageFitter fit = {};             ///< used with height and width; none: an image of another size is skipped
  int64_t channels = 0;             ///< 1 or 3, to which images are converted; 0: 3 if any image has colours
  double valid_share = 0.1;         ///< share of train that is moved to valid if the data has no valid
  bool strict = false;              ///< turns an unreadable image, or one of another size, into an error
  bool every_class_trains = false;  ///< a class without an image in train is an error, if there is a train
  int64_t max_bytes = int64_t{1} << 32;  ///< limit for the pixels of all images
  ReadLimits limits = {};

  bool has_size() const { return height > 0 && width > 0; }
};

}  // namespace heed::image
