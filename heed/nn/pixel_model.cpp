// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/pixel_model.h"

#include <ATen/ops/arange.h>

namespace heed::nn {

PixelModel::PixelModel(const ImageDomain& domain) : domain_(domain) {
  TORCH_CHECK(domain.height > 0 && domain.width > 0 && (domain.channels == 1 || domain.channels == 3),
              "[image_model] images need a height, a width and 1 or 3 channels, got ",
              at::IntArrayRef{domain.height, domain.width, domain.channels});
}

at::Tensor PixelModel::order() const {
  return at::arange(domain_.values(), at::kLong);
}

AttentionTrace PixelModel::trace(const at::Tensor&, const ImageCondition&, int64_t) {
  TORCH_CHECK(false, "[trace] this model has no attention");
}

at::Tensor PixelModel::check_step(const StepTokens& step, const DecoderState& state) const {
  TORCH_CHECK(step.counts.empty() && step.tokens.dim() == 1 && step.tokens.size(0) == state.rows(),
              "[image_model] a step needs one value for each of ", state.rows(), " images, got ",
              step.tokens.sizes());
  return step.tokens;
}

void PixelModel::check_images(const at::Tensor& images) const {
  TORCH_CHECK(images.scalar_type() == at::kByte && images.dim() == 4 && images.size(1) == domain_.height &&
                  images.size(2) == domain_.width && images.size(3) == domain_.channels,
              "[image_model] images must be uint8 [batch, ", domain_.height, ", ", domain_.width, ", ",
              domain_.channels, "], got ", images.scalar_type(), " ", images.sizes());
}

void PixelModel::check_condition(const ImageCondition& condition, int64_t batch) const {
  TORCH_CHECK(condition.labels.has_value() == (domain_.classes > 0), "[image_model] the model has ",
              domain_.classes, " classes, but labels were ", condition.labels ? "given" : "not given");
  TORCH_CHECK(condition.source.has_value() == (domain_.source_height > 0),
              "[image_model] the model is conditioned on ", domain_.source_height > 0 ? "a" : "no",
              " low-resolution image, but one was ", condition.source ? "given" : "not given");
  if (condition.labels) {
    const at::Tensor& labels = *condition.labels;
    TORCH_CHECK(labels.scalar_type() == at::kLong && labels.dim() == 1 && labels.size(0) == batch,
                "[image_model] labels must be int64 [", batch, "], got ", labels.scalar_type(), " ",
                labels.sizes());
    TORCH_CHECK(
        batch == 0 || (labels.min().item<int64_t>() >= 0 && labels.max().item<int64_t>() < domain_.classes),
        "[image_model] labels must be 0 to ", domain_.classes - 1, ", got ", labels.min().item<int64_t>(),
        " to ", labels.max().item<int64_t>());
  }
  if (condition.source) {
    const at::Tensor& source = *condition.source;
    TORCH_CHECK(source.scalar_type() == at::kByte && source.dim() == 4 && source.size(0) == batch &&
                    source.size(1) == domain_.source_height && source.size(2) == domain_.source_width &&
                    source.size(3) == domain_.channels,
                "[image_model] the low-resolution images must be uint8 [", batch, ", ", domain_.source_height,
                ", ", domain_.source_width, ", ", domain_.channels, "], got ", source.scalar_type(), " ",
                source.sizes());
  }
}

}  // namespace heed::nn
