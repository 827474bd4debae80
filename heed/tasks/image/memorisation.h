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
  int64_t index = 0;      ///< index into the train split
  image::Image image;     ///< mirrored when the mirror image is nearer
  bool mirrored = false;  ///< true when `image` is mirrored
  double distance = 0;    ///< root mean squared difference of the values, grey levels
};

/// Whether samples are copies of training images. The distances of samples to their nearest training images
/// are compared with the distances of held-out images; a sample that is much nearer is suspicious. The
/// distance is no proof: smooth, pale images are near many others, and a copy shifted by one pixel is far.
/// Look at the pictures too.
struct MemorisationCheck {
  std::vector<TrainingNeighbour> samples;  ///< the nearest training image of each sample
  double valid_median = 0;  ///< median distance of held-out images to their nearest training image
  double valid_low = 0;     ///< 5 % quantile of these distances
  int64_t valid_images = 0, train_images = 0;
  int64_t suspicious = 0;        ///< samples whose distance is below valid_low
  double sample_median() const;  ///< median distance of the samples
};

struct MemorisationOptions {
  bool mirror = false;         ///< also compare with mirrored training images, for models trained with flips
  int64_t valid_images = 500;  ///< held-out images, spread over the valid split
  std::function<void(int64_t done, int64_t all)> progress;
};

/// samples [samples, height, width, channels] uint8. Throws Error(kData) without a train split.
MemorisationCheck check_memorisation(const at::Tensor& samples, const ImageData& data,
                                     const MemorisationOptions& options);

}  // namespace heed::tasks
