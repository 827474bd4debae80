// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "heed/nn/dropout.h"
#include "heed/nn/linear.h"
#include "heed/nn/sequence_model.h"

namespace heed::models {

/// A linear layer from the state of one position of an autoregressive model to the classes of its text, Radford
/// et al. 2018, Improving Language Understanding by Generative Pre-Training, section 3.2. The position is that
/// of the last token, which has seen the whole text.
class SequenceClassifier : public torch::nn::Module {
 public:
  /// `dropout` applies to the state. The layer begins with N(0, 0.02) and no bias, as in the authors' program.
  SequenceClassifier(std::shared_ptr<nn::SequenceModel> trunk, int64_t classes, double dropout);

  /// features  [batch, length, width] of the trunk
  /// places    [batch] int64: the position that is read
  /// returns   logits [batch, classes]
  at::Tensor logits(const at::Tensor& features, const at::Tensor& places);

  nn::SequenceModel& trunk() { return *trunk_; }
  int64_t classes() const { return classes_; }

 private:
  std::shared_ptr<nn::SequenceModel> trunk_;
  int64_t classes_;
  nn::Dropout dropout_{nullptr};
  nn::Linear head_{nullptr};
};

}  // namespace heed::models
