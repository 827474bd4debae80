// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "heed/nn/pixel_model.h"
#include "heed/tasks/image/image_batches.h"
#include "heed/tasks/image/image_data.h"
#include "heed/tasks/prefetch.h"
#include "heed/training/objective.h"

namespace heed::tasks {

/// Exact negative log-likelihood of images, in nats a value; divided by ln 2 it is bits/dim. Validation
/// always measures the same images of the valid split.
class ImageObjective : public training::Objective {
 public:
  ImageObjective(std::shared_ptr<nn::PixelModel> model, std::shared_ptr<const ImageData> data,
                 const ImageDataOptions& options, uint64_t seed, at::Device device);

  torch::nn::Module& module() override { return *model_; }
  training::Loss training_loss(int64_t index) override;
  training::Validation validate() override;
  int64_t indices_per_epoch() const override { return batches_.batches_per_epoch(); }
  int64_t tokens_per_index() const override { return options_.batch_size * model_->domain().values(); }

 private:
  std::shared_ptr<nn::PixelModel> model_;
  std::shared_ptr<const ImageData> data_;
  ImageDataOptions options_;
  at::Device device_;
  ImageBatches batches_;
  Prefetch<ImageBatch> batches_ahead_;
  std::vector<int64_t> validation_;  ///< indices into the valid split
};

}  // namespace heed::tasks
