// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/nn/pixel_model.h"
#include "heed/tasks/epoch_order.h"
#include "heed/tasks/image/image_data.h"

namespace heed::tasks {

/// images [batch, height, width, channels] uint8, and the condition of each.
struct ImageBatch {
  at::Tensor images;
  nn::ImageCondition condition;
  ImageBatch to(at::Device device) const;
};

/// The chosen images of a set, in the order of `chosen`.
ImageBatch make_image_batch(const ImageSet& set, const std::vector<int64_t>& chosen);

/// Training batches as a pure function of (seed, index). Every epoch visits each image once, in an order that
/// depends on (seed, epoch). `flip` exchanges left and right in half of the images and in their smaller
/// images; (seed, example) decides in which. When the number of images is not a multiple of the batch size, a
/// batch continues into the next epoch.
class ImageBatches {
 public:
  /// Keeps a reference to the set.
  ImageBatches(const ImageSet& set, int64_t batch_size, bool flip, uint64_t seed);

  ImageBatch batch(int64_t index);
  int64_t batches_per_epoch() const;

 private:
  const ImageSet& set_;
  int64_t batch_size_;
  bool flip_;
  uint64_t seed_;
  EpochOrder order_;
};

}  // namespace heed::tasks
