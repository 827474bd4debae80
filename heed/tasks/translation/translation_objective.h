// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "heed/nn/sequence_to_sequence.h"
#include "heed/tasks/prefetch.h"
#include "heed/tasks/translation/translation_data.h"
#include "heed/training/objective.h"

namespace heed::tasks {

/// Cross-entropy of the target given the source, with label smoothing (Szegedy et al. 2016; Vaswani et al. 2017 section
/// 5.4) and, by option, R-Drop. Validation is the negative log-likelihood per target token, end marks included, without
/// smoothing.
class TranslationObjective : public training::Objective {
 public:
  /// Throws Error(kConfig) when data.max_length is more than the model reads, Error(kData) when there is nothing to
  /// validate on.
  TranslationObjective(std::shared_ptr<nn::SequenceToSequenceModel> model,
                       std::shared_ptr<const TranslationCorpus> corpus, const TranslationDataOptions& options,
                       uint64_t seed, at::Device device);

  torch::nn::Module& module() override { return *model_; }
  training::Loss training_loss(int64_t index) override;
  training::Validation validate() override;
  int64_t indices_per_epoch() const override { return batches_.batches_per_epoch(); }
  int64_t tokens_per_index() const override { return tokens_per_index_; }
  void write_assets(const std::filesystem::path& run) override;
  /// The batch that training_loss(index) learns from.
  TranslationBatch training_batch(int64_t index);

 private:
  void check_lengths() const;
  at::Tensor loss_of(const TranslationBatch& batch);
  at::Tensor loss_of_two_passes(const TranslationBatch& batch);
  std::vector<EncodedPair> cut_anew(const std::vector<size_t>& rows, int64_t index) const;

  std::shared_ptr<nn::SequenceToSequenceModel> model_;
  std::shared_ptr<const TranslationCorpus> corpus_;
  TranslationDataOptions options_;
  at::Device device_;
  uint64_t seed_;
  TranslationBatches batches_;
  Prefetch<TranslationBatch> batches_ahead_;
  int64_t tokens_per_index_ = 0;  ///< mean number of target tokens
};

/// Total nats and target tokens (end marks included) of pairs under a model, in eval mode without gradient. Leaves out
/// pairs longer than the model reads (max_length()).
struct TranslationNll {
  double nats = 0;
  int64_t tokens = 0;
  int64_t left_out = 0;  ///< pairs that are too long
  /// Mean nats per token; NaN without tokens.
  double mean() const { return nats / static_cast<double>(tokens); }
};
TranslationNll translation_nll(nn::SequenceToSequenceModel& model, const std::vector<EncodedPair>& pairs,
                               const TranslationMarks& marks, const TranslationBatchOptions& options,
                               at::Device device);

}  // namespace heed::tasks
