// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "heed/models/sequence_classifier.h"
#include "heed/tasks/classification/classification_data.h"
#include "heed/tasks/length_buckets.h"
#include "heed/tasks/prefetch.h"
#include "heed/training/objective.h"

namespace heed::tasks {

/// Cross-entropy of the classes, and `auxiliary` times that of a language model on the same tokens (Radford et
/// al. 2018, equation 5), a mean over the tokens of the batch. Batches have texts of similar length. Validation
/// gives accuracy, which is watched, macro F1 and the negative log-likelihood per text.
class ClassificationObjective : public training::Objective {
 public:
  ClassificationObjective(std::shared_ptr<models::SequenceClassifier> model,
                          std::shared_ptr<const ClassificationCorpus> corpus,
                          const ClassificationDataOptions& options, const ClassifierMarks& marks,
                          uint64_t seed, at::Device device);

  torch::nn::Module& module() override { return *model_; }
  training::Loss training_loss(int64_t index) override;
  training::Validation validate() override;
  int64_t indices_per_epoch() const override { return buckets_.batches_per_epoch(); }
  int64_t tokens_per_index() const override { return tokens_per_batch_; }
  void write_assets(const std::filesystem::path& run) override { corpus_->vocabulary->write(run); }

 private:
  ClassificationBatch batch(const std::vector<EncodedText>& texts, std::span<const size_t> examples) const;

  std::shared_ptr<models::SequenceClassifier> model_;
  std::shared_ptr<const ClassificationCorpus> corpus_;
  ClassificationDataOptions options_;
  ClassifierMarks marks_;
  at::Device device_;
  int64_t tokens_per_batch_ = 0;
  LengthBuckets buckets_;
  Prefetch<ClassificationBatch> ahead_;
};

/// Lengths of the examples of a batch, as framed() gives them.
std::vector<int64_t> framed_lengths(const std::vector<EncodedText>& texts, int64_t max_tokens);

/// Logits [examples, classes] of a batch: the mean over both orders where it has them.
at::Tensor class_logits(models::SequenceClassifier& model, const at::Tensor& features,
                        const ClassificationBatch& batch);

}  // namespace heed::tasks
