// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language_objective.h"

#include <utility>

#include "heed/tasks/token_loss.h"

namespace heed::tasks {

LanguageObjective::LanguageObjective(std::shared_ptr<nn::SequenceModel> model,
                                     std::unique_ptr<BatchSource> batches, std::vector<TokenCrop> validation,
                                     const LanguageOptions& options, at::Device device)
    : model_(std::move(model)),
      options_(options),
      device_(device),
      batches_(std::move(batches)),
      batches_ahead_([this](int64_t index) { return batches_->batch(index); }),
      validation_(validation_batches(std::move(validation), options.validation_tokens,
                                     batches_->tokens_per_batch())) {
  for (const auto& rows : validation_) {
    for (const auto& row : rows)
      validation_count_ += row.front().targets() - (row.front().tokens.back() == options.end ? 1 : 0);
  }
}

at::Tensor LanguageObjective::loss_of(const TokenBatch& batch, double label_smoothing) {
  const at::Tensor features = model_->features(batch.input);
  return summed_token_loss(features, model_->output_layer(), batch.targets, label_smoothing);
}

training::Loss LanguageObjective::training_loss(int64_t index) {
  const TokenBatch batch = batches_ahead_.take(index).to(device_);
  const int64_t targets = batch.targets.ne(TokenBatch::kIgnore).sum().item<int64_t>();
  at::Tensor sum = loss_of(batch, options_.label_smoothing);
  const at::Tensor auxiliary = model_->auxiliary_loss();
  if (auxiliary.defined()) sum = sum + auxiliary * static_cast<double>(targets);
  return {sum, targets};
}

training::Validation LanguageObjective::validate() {
  double total = 0;
  for (const auto& rows : validation_) {
    const TokenBatch batch = make_token_batch(rows, rows.back().front().targets()).to(device_);
    total += loss_of(batch, 0).item<double>();
  }
  return {.metrics = {{"nll", total / static_cast<double>(validation_count_)}}, .count = validation_count_};
}

}  // namespace heed::tasks
