// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_objective.h"

#include <algorithm>

#include "heed/tasks/image/image_tensors.h"

namespace heed::tasks {

ImageObjective::ImageObjective(std::shared_ptr<nn::PixelModel> model, std::shared_ptr<const ImageData> data,
                               const ImageDataOptions& options, uint64_t seed, at::Device device)
    : model_(std::move(model)),
      data_(std::move(data)),
      options_(options),
      device_(device),
      batches_(data_->split("train"), options.batch_size, options.flip, seed),
      batches_ahead_([this](int64_t index) { return batches_.batch(index); }),
      validation_(spread_evenly(data_->split("valid").count(), options.validation_images)) {}

training::Loss ImageObjective::training_loss(int64_t index) {
  const ImageBatch batch = batches_ahead_.take(index).to(device_);
  return {model_->nll(batch.images, batch.condition).sum(), batch.images.numel()};
}

training::Validation ImageObjective::validate() {
  const ImageSet& valid = data_->split("valid");
  double total = 0;
  const int64_t values = std::ssize(validation_) * model_->domain().values();
  for (size_t begin = 0; begin < validation_.size(); begin += static_cast<size_t>(options_.batch_size)) {
    const size_t end = std::min(validation_.size(), begin + static_cast<size_t>(options_.batch_size));
    const ImageBatch batch = make_image_batch(valid, {validation_.begin() + static_cast<ptrdiff_t>(begin),
                                                      validation_.begin() + static_cast<ptrdiff_t>(end)})
                                 .to(device_);
    total += model_->nll(batch.images, batch.condition).sum(at::kDouble).item<double>();
  }
  return {.metrics = {{"nll", total / static_cast<double>(values)}}, .count = values};
}

}  // namespace heed::tasks
