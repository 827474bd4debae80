// SPDX-License-Identifier: Apache-2.0
#include "heed/models/sequence_classifier.h"

#include <utility>

#include <torch/nn/init.h>

namespace heed::models {

SequenceClassifier::SequenceClassifier(std::shared_ptr<nn::SequenceModel> trunk, int64_t classes,
                                       double dropout)
    : trunk_(register_module("trunk", std::move(trunk))), classes_(classes) {
  TORCH_CHECK(classes > 1, "[sequence_classifier] classes must be at least 2, got ", classes);
  dropout_ = register_module("dropout", nn::Dropout(dropout));
  head_ = register_module("head", nn::Linear(trunk_->output_layer().weight.size(1), classes));
  torch::nn::init::normal_(head_->weight, 0.0, 0.02);
  torch::nn::init::zeros_(head_->bias);
}

at::Tensor SequenceClassifier::logits(const at::Tensor& features, const at::Tensor& places) {
  TORCH_CHECK(places.dim() == 1 && places.size(0) == features.size(0),
              "[sequence_classifier] places must be [", features.size(0), "], got ", places.sizes());
  const at::Tensor index = places.view({-1, 1, 1}).expand({-1, 1, features.size(2)});
  const at::Tensor states = features.gather(1, index).squeeze(1);  // [batch, width]
  return head_->forward(dropout_->forward(states));
}

}  // namespace heed::models
