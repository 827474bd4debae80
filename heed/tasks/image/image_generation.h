// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

#include "heed/data/image/image.h"
#include "heed/decoding/sampling.h"
#include "heed/nn/pixel_model.h"
#include "heed/tasks/image/kept_pixels.h"

namespace heed::tasks {

/// What to draw.
struct ImageRequest {
  int64_t count = 1, first_sample = 0;
  int64_t batch_size = 16;  ///< images drawn together
  uint64_t seed = 1;
  decoding::SamplingOptions sampling;
  nn::ImageCondition condition;    ///< a row for each of the `count` samples
  std::vector<KnownPixels> known;  ///< one image to complete for each sample; empty: all pixels are drawn
  /// Called after each step with the values that all samples have consumed so far. An exception stops the
  /// work.
  std::function<void(int64_t drawn)> progress;
  std::stop_token stop = {};  ///< ends the work within one step
};

struct DrawnImage {
  int64_t sample = 0;
  image::Image image;
  double log_probability = 0;  ///< nats of the drawn values under the model alone, without the kept pixels
  int64_t drawn = 0;           ///< values that were drawn, not given
  bool complete = true;        ///< false when the work was stopped before the last value; the rest is 0
  double bits_per_dim() const;
};

struct ImageGeneration {
  std::vector<DrawnImage> images;  ///< in the order of their samples
  int64_t values = 0, pixels = 0;  ///< values and pixels that the model consumed, kept ones included
  double seconds = 0;
  bool stopped = false;  ///< stopped before every image was complete
  double values_per_second() const { return seconds > 0 ? static_cast<double>(values) / seconds : 0; }
  double pixels_per_second() const { return seconds > 0 ? static_cast<double>(pixels) / seconds : 0; }
};

/// Draws images value by value, in the model's order. The image of a sample depends on the weights, its
/// condition, its known pixels, its index, the seed and the sampling options alone, not on count,
/// first_sample or batch_size.
ImageGeneration generate_images(nn::PixelModel& model, const ImageRequest& request);

}  // namespace heed::tasks
