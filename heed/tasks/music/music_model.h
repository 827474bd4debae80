// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "heed/data/music/corpus.h"
#include "heed/nn/sequence_model.h"
#include "heed/tasks/trained.h"

namespace heed::tasks {

/// A trained model of music with the encoding that its tokens are in.
struct MusicModel : TaskModel {
  /// Throws Error(kCheckpoint) when the config does not name the encoding.
  explicit MusicModel(Trained<torch::nn::Module> any);

  Trained<nn::SequenceModel> trained;
  std::shared_ptr<const music::Encoding> encoding;

  nn::SequenceModel& model() const { return *trained.model; }
  /// Reads data in the model's encoding.
  music::Corpus read_corpus(const Paths& data) const;
};

}  // namespace heed::tasks
