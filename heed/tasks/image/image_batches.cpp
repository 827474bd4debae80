// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_batches.h"

#include <algorithm>

#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include "heed/core/error.h"
#include "heed/tasks/image/image_tensors.h"
#include "heed/tasks/keyed_random.h"

namespace heed::tasks {
namespace {

/// Third key of random_for: the random numbers of an example that decide about flipping.
constexpr uint64_t kFlip = 1;

at::Tensor flip_some(const at::Tensor& images, const at::Tensor& which) {
  return at::where(which.view({-1, 1, 1, 1}), mirrored(images), images);
}

}  // namespace

ImageBatch ImageBatch::to(at::Device device) const {
  if (device.is_cpu()) return *this;
  const auto move = [&](const std::optional<at::Tensor>& tensor) {
    return tensor ? std::make_optional(tensor->to(device)) : std::nullopt;
  };
  return {images.to(device), {move(condition.labels), move(condition.source)}};
}

ImageBatch make_image_batch(const ImageSet& set, const std::vector<int64_t>& chosen) {
  const at::Tensor index = at::tensor(chosen, at::kLong);
  const auto rows = [&](const std::optional<at::Tensor>& tensor) {
    return tensor ? std::make_optional(tensor->index_select(0, index)) : std::nullopt;
  };
  return {set.images.index_select(0, index), {rows(set.labels), rows(set.sources)}};
}

ImageBatches::ImageBatches(const ImageSet& set, int64_t batch_size, bool flip, uint64_t seed)
    : set_(set),
      batch_size_(batch_size),
      flip_(flip),
      seed_(seed),
      order_(static_cast<size_t>(set.count()), seed) {
  if (set.count() == 0) throw Error(ErrorKind::kData, "the data has no images to train on");
}

int64_t ImageBatches::batches_per_epoch() const {
  return std::max<int64_t>(1, set_.count() / batch_size_);
}

ImageBatch ImageBatches::batch(int64_t index) {
  TORCH_CHECK(index >= 0, "[image_batches] the index must not be negative, got ", index);
  std::vector<int64_t> chosen, flipped;
  for (int64_t row = 0; row < batch_size_; ++row) {
    const int64_t example = index * batch_size_ + row;
    chosen.push_back(static_cast<int64_t>(order_.at(example)));
    flipped.push_back(
        flip_ ? static_cast<int64_t>(random_for({seed_, static_cast<uint64_t>(example), kFlip})() >> 63) : 0);
  }
  ImageBatch batch = make_image_batch(set_, chosen);
  if (flip_) {
    const at::Tensor which = at::tensor(flipped, at::kLong).to(at::kBool);
    batch.images = flip_some(batch.images, which);
    if (batch.condition.source) batch.condition.source = flip_some(*batch.condition.source, which);
  }
  return batch;
}

}  // namespace heed::tasks
