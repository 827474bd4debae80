// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "heed/decoding/sampling.h"
#include "heed/evaluation/mean_with_error.h"
#include "heed/nn/pixel_model.h"
#include "heed/tasks/image/image_data.h"

namespace heed::tasks {

/// Exact likelihood of images. The bits/dim of an image are -log2 p of the image divided by its number of
/// values.
struct ImageEvaluation {
  evaluation::MeanWithError bits_per_dim;  ///< over images
  double total_nats = 0;
  int64_t images = 0, values = 0;
  double nll() const { return values > 0 ? total_nats / static_cast<double>(values) : 0; }
};

struct ImageEvaluationOptions {
  int64_t batch_size = 16;
  int64_t max_images = 0;  ///< images to score, spread over the split; 0: all
  std::function<void(int64_t done, int64_t images, double bits_per_dim)> progress;
  std::stop_token stop = {};  ///< ends the work after a batch; the result is then that of the images so far
};

ImageEvaluation evaluate_images(nn::PixelModel& model, const ImageData& data, const std::string& split,
                                const ImageEvaluationOptions& options);

/// Quality of images drawn from smaller ones, beside that of bicubic upscaling. Consistency compares a
/// sample, made smaller again, with the smaller image that it was drawn from; PSNR compares it with the
/// original. A sample adds plausible detail that the smaller image does not determine, so that its PSNR is
/// below that of a blur: a good model need not have a high PSNR.
struct SuperResolutionEvaluation {
  int64_t images = 0;
  double consistency_mae = 0, consistency_rmse = 0;  ///< grey levels, over all values of the smaller images
  double bicubic_consistency_mae = 0, bicubic_consistency_rmse = 0;
  evaluation::MeanWithError psnr, bicubic_psnr;  ///< dB, against the originals
  evaluation::MeanWithError bits_per_dim;        ///< bits/dim of the samples
};

struct SuperResolutionOptions {
  int64_t images = 16;  ///< images to draw, spread over the split
  int64_t batch_size = 16;
  uint64_t seed = 1;
  decoding::SamplingOptions sampling;
  std::function<void(int64_t values, int64_t all)> progress;
  std::stop_token stop =
      {};  ///< ends the work within one step; the result is then that of the complete images
};

/// Draws the i-th chosen image as sample i. The PSNR of an image that equals its original is infinite; it
/// counts as if one value differed by one. Throws Error(kUsage) for a model that is not conditioned on a
/// smaller image.
SuperResolutionEvaluation evaluate_super_resolution(nn::PixelModel& model, const ImageData& data,
                                                    const std::string& split,
                                                    const SuperResolutionOptions& options);

}  // namespace heed::tasks
