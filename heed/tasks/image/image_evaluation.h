// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "heed/decoding/sampling.h"
#include "heed/evaluation/motif.h"
#include "heed/nn/image_model.h"
#include "heed/tasks/image/image_data.h"

namespace heed::tasks {

/// Exact likelihood of images: bits/dim is -log2 p of an image divided by its values.
struct ImageEvaluation {
  evaluation::MeanWithError bits_per_dim;  ///< over images
  double total_nats = 0;
  int64_t images = 0, values = 0;
  double nll() const { return values > 0 ? total_nats / static_cast<double>(values) : 0; }
};

struct ImageEvaluationOptions {
  int64_t batch_size = 16;
  int64_t max_images = 0;  ///< spread over the split; 0: all
  std::function<void(int64_t done, int64_t images, double bits_per_dim)> progress;
};

ImageEvaluation evaluate_images(nn::ImageModel& model, const ImageData& data, const std::string& split,
                                const ImageEvaluationOptions& options);

/// Images drawn from smaller ones. Consistency: made smaller again, how far are they from what they were
/// drawn from? And how near to the original, beside bicubic upscaling? (A faithful sample of what the smaller
/// image leaves open is further from the original than a blur is: PSNR is not what such a model is made for.)
struct SuperResolutionEvaluation {
  int64_t images = 0;
  double consistency_mae = 0, consistency_rmse = 0;  ///< grey levels, over all values of the smaller images
  double bicubic_consistency_mae = 0, bicubic_consistency_rmse = 0;
  evaluation::MeanWithError psnr, bicubic_psnr;  ///< dB, to the originals
  evaluation::MeanWithError bits_per_dim;        ///< of the samples
};

struct SuperResolutionOptions {
  int64_t images = 16;  ///< of the split, spread over it
  int64_t batch_size = 16;
  uint64_t seed = 1;
  decoding::SamplingOptions sampling;
  std::function<void(int64_t values, int64_t all)> progress;
};

/// Image i of those chosen is drawn as sample i. An equal image has no finite PSNR; it counts as one that
/// differs in one value by one. Throws Error(kUsage) for a model that goes by no smaller image.
SuperResolutionEvaluation evaluate_super_resolution(const std::shared_ptr<nn::ImageModel>& model,
                                                    const ImageData& data, const std::string& split,
                                                    const SuperResolutionOptions& options);

}  // namespace heed::tasks
