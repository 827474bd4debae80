// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/data/image/image.h"
#include "heed/tasks/image/image_data.h"

namespace heed::tasks {

/// The training image nearest to a sample.
struct TrainingNeighbour {
  int64_t index = 0;   ///< in the train split
  image::Image image;  ///< as the sample meets it: mirrored where that is nearer
  bool mirrored = false;
  double distance = 0;  ///< root of the mean squared difference of values, grey levels
};

/// Are samples copies of training images? Their distances to the nearest one say so beside those of images
/// that the model has never seen. A sample much nearer than those is suspicious; but smooth, pale images are
/// near to many, and a copy that is moved by a pixel is far: look at the pictures too.
struct MemorisationCheck {
  std::vector<TrainingNeighbour> samples;
  double valid_median = 0;  ///< distance of held-out images to their nearest training image
  double valid_low = 0;     ///< below which 5 % of those lie
  int64_t valid_images = 0, train_images = 0;
  int64_t suspicious = 0;  ///< samples below valid_low
  double sample_median() const;
};

struct MemorisationOptions {
  bool mirror = false;         ///< compare with mirrored training images too, for models trained on both
  int64_t valid_images = 500;  ///< of the valid split, spread over it
  std::function<void(int64_t done, int64_t all)> progress;
};

/// samples [samples, height, width, channels] uint8. Throws Error(kData) without a train split.
MemorisationCheck check_memorisation(const at::Tensor& samples, const ImageData& data,
                                     const MemorisationOptions& options);

}  // namespace heed::tasks
