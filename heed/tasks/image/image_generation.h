// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "heed/data/image/image.h"
#include "heed/decoding/sampling.h"
#include "heed/nn/image_model.h"
#include "heed/tasks/image/kept_pixels.h"

namespace heed::tasks {

struct ImageRequest {
  int64_t count = 1, first_sample = 0;
  int64_t batch_size = 16;  ///< images drawn together
  uint64_t seed = 1;
  decoding::SamplingOptions sampling;
  nn::ImageCondition condition;    ///< a row for each of the `count` samples
  std::vector<KnownPixels> known;  ///< to be completed, one for each sample; empty: from nothing
  /// Called after each step with the values drawn so far by all samples. What it throws stops the work.
  std::function<void(int64_t drawn)> progress;
};

struct DrawnImage {
  int64_t sample = 0;
  image::Image image;
  double log_probability = 0;  ///< of the drawn values by the model alone, nats; kept pixels not counted
  int64_t drawn = 0;           ///< values that were not given
  double bits_per_dim() const;
};

struct ImageGeneration {
  std::vector<DrawnImage> images;
  int64_t values = 0, pixels = 0;  ///< that the model took, kept ones included
  double seconds = 0;
  double values_per_second() const { return seconds > 0 ? static_cast<double>(values) / seconds : 0; }
  double pixels_per_second() const { return seconds > 0 ? static_cast<double>(pixels) / seconds : 0; }
};

/// Draws images value by value, in the model's order. The image of a sample is a function of (weights, its
/// condition, its known pixels, its index, seed, sampling) alone: neither count, first_sample nor batch_size
/// changes it.
ImageGeneration generate_images(nn::ImageModel& model, const ImageRequest& request);

}  // namespace heed::tasks
