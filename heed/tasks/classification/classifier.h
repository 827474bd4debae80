// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "heed/data/text/text_vocabulary.h"
#include "heed/models/sequence_classifier.h"
#include "heed/tasks/classification/classification_data.h"
#include "heed/tasks/trained.h"

namespace heed::tasks {

/// A trained classifier of texts with its vocabulary and the names of its classes.
struct Classifier : TaskModel {
  /// Throws Error(kCheckpoint) when vocabulary, classes and model do not fit each other.
  explicit Classifier(Trained<torch::nn::Module> any);

  Trained<models::SequenceClassifier> trained;
  text::TextVocabularyPtr vocabulary;
  std::vector<std::string> classes;  ///< by number, sorted
  ClassificationDataOptions data;    ///< those of training

  /// ln p of every class, [texts][classes]. `progress` gets the number of texts done. Texts of similar length
  /// share a pass, in which they do not see each other.
  std::vector<std::vector<double>> log_probabilities(
      const std::vector<EncodedText>& texts, int64_t batch_size,
      const std::function<void(int64_t done)>& progress = {}) const;
};

/// The names of the classes in a model's config. Throws Error(kCheckpoint).
std::vector<std::string> classes_of(const toml::table& config, const std::string& place);
/// The marks of a model with so many token rows: the delimiter and the classify token are the last two.
ClassifierMarks classifier_marks(const text::TextVocabulary& vocabulary, int64_t rows);

}  // namespace heed::tasks
