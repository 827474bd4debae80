// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <toml++/toml.h>

#include "heed/nn/sequence_model.h"
#include "heed/tasks/music/music_batches.h"
#include "heed/tasks/prefetch.h"
#include "heed/training/objective.h"

namespace heed::tasks {

/// Pieces and tokens of each split with a checksum of all of them: two corpora with one card train alike.
toml::table music_data_card(const music::Corpus& corpus);

/// Next-token cross-entropy on music; validation is the negative log-likelihood a token (chorales: 4 x steps;
/// performances: events; end marks count in the total but not in the number), in windows as the options say.
class MusicObjective : public training::Objective {
 public:
  MusicObjective(std::shared_ptr<nn::SequenceModel> model, std::shared_ptr<const music::Corpus> corpus,
                 const MusicDataOptions& options, uint64_t seed, at::Device device);

  torch::nn::Module& module() override { return *model_; }
  training::Loss training_loss(int64_t index) override;
  training::Validation validate() override;
  int64_t indices_per_epoch() const override { return batches_.batches_per_epoch(); }
  int64_t tokens_per_index() const override { return options_.batch_size * options_.crop; }

 private:
  void plan_validation();

  std::shared_ptr<nn::SequenceModel> model_;
  std::shared_ptr<const music::Corpus> corpus_;
  MusicDataOptions options_;
  at::Device device_;
  MusicBatches batches_;
  Prefetch<MusicBatch> batches_ahead_;
  std::vector<std::vector<std::vector<MusicCrop>>> validation_;  ///< batches of rows of one crop
  int64_t validation_units_ = 0;
};

}  // namespace heed::tasks
