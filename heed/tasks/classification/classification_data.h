// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "heed/core/field.h"
#include "heed/data/text/labelled_text.h"
#include "heed/data/text/text_vocabulary.h"
#include "heed/tasks/classification/classification_batches.h"
#include "heed/tasks/trained.h"

namespace heed::tasks {

/// Section [data] of a classification run.
struct ClassificationDataOptions {
  text::LabelledTextOptions texts;
  int64_t classes = 0;    ///< most frequent classes to tell apart; 0: all
  int64_t per_class = 0;  ///< examples of each class to train on; 0: all
  int64_t max_tokens = 256;
  int64_t batch_size = 32;
  double auxiliary = 0.5;    ///< weight of the language model's loss
  bool both_orders = false;  ///< of pairs
  double dropout = 0.1;      ///< on the state that the classes are read from
};
Fields fields(ClassificationDataOptions& options);

/// Labelled texts in tokens.
struct ClassificationCorpus {
  text::TextVocabularyPtr vocabulary;
  std::vector<std::string> classes;  ///< names, by number
  std::map<std::string, std::vector<EncodedText>> splits;

  const std::vector<EncodedText>& split(const std::string& name) const;
};

/// Reads labelled texts, keeps those of the classes, draws `per_class` of the training part by `seed`, and
/// encodes. `classes` of a trained model are kept; when empty, they are those of the training part. Learns a
/// vocabulary from the training part unless the options name one. Says what it leaves out.
ClassificationCorpus read_classification(const Paths& data, const ClassificationDataOptions& options,
                                         text::TextVocabularyOptions& vocabulary,
                                         const std::vector<std::string>& classes, uint64_t seed);

/// Encodes labelled texts; a label that is none of `classes` gives -1.
std::vector<EncodedText> encode_labelled(const std::vector<text::LabelledText>& texts,
                                         const text::TextVocabulary& vocabulary,
                                         const std::vector<std::string>& classes);

/// Classes and examples of each split, with a checksum: equal cards mean equal training data.
toml::table classification_card(const ClassificationCorpus& corpus);
/// "classification: 20 classes; train 200 texts; valid 1,024 texts".
std::string corpus_line(const ClassificationCorpus& corpus);

}  // namespace heed::tasks
