// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "heed/nn/sequence_model.h"
#include "heed/tasks/prefetch.h"
#include "heed/tasks/token_batches.h"
#include "heed/training/objective.h"

namespace heed::tasks {

struct LanguageOptions {
  double label_smoothing = 0;
  int64_t validation_tokens = 0;  ///< tokens to validate on, about; 0: all
  int32_t end = -1;               ///< end token: scored, but not counted in the mean; negative: none
};

/// Next-token cross-entropy of an autoregressive model. In float32 on the CPU it never stores the logits. Validation is
/// the negative log-likelihood per token of the given windows, the same ones each time.
class LanguageObjective : public training::Objective {
 public:
  LanguageObjective(std::shared_ptr<nn::SequenceModel> model, std::unique_ptr<BatchSource> batches,
                    std::vector<TokenCrop> validation, const LanguageOptions& options, at::Device device);

  torch::nn::Module& module() override { return *model_; }
  training::Loss training_loss(int64_t index) override;
  training::Validation validate() override;
  int64_t indices_per_epoch() const override { return batches_->batches_per_epoch(); }
  int64_t tokens_per_index() const override { return batches_->tokens_per_batch(); }

 private:
  at::Tensor loss_of(const TokenBatch& batch, double label_smoothing);

  std::shared_ptr<nn::SequenceModel> model_;
  LanguageOptions options_;
  at::Device device_;
  std::unique_ptr<BatchSource> batches_;
  Prefetch<TokenBatch> batches_ahead_;
  std::vector<std::vector<TokenRow>> validation_;  ///< batches
  int64_t validation_count_ = 0;                   ///< tokens in the mean
};

}  // namespace heed::tasks
