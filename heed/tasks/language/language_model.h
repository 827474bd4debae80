// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "heed/data/text/text_vocabulary.h"
#include "heed/nn/sequence_model.h"
#include "heed/tasks/trained.h"

namespace heed::tasks {

/// A trained language model with its vocabulary.
struct LanguageModel : TaskModel {
  /// Throws Error(kCheckpoint) when the vocabulary does not fit the model.
  explicit LanguageModel(Trained<torch::nn::Module> any);

  Trained<nn::SequenceModel> trained;
  text::TextVocabularyPtr vocabulary;
  /// The token between source and target, of a model that was trained on pairs of texts.
  std::optional<int32_t> separator;

  nn::SequenceModel& model() const { return *trained.model; }
  /// Tokens that the model was trained to see at once.
  int64_t context() const;
};

}  // namespace heed::tasks
