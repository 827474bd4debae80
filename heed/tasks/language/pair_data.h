// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "heed/data/text/labelled_text.h"
#include "heed/data/text/text_vocabulary.h"
#include "heed/nn/sequence_model.h"
#include "heed/tasks/language/language_data.h"
#include "heed/tasks/language/pair_batches.h"
#include "heed/training/objective.h"

namespace heed::tasks {

/// Sources and targets in tokens, by split.
struct PairCorpus {
  text::TextVocabularyPtr vocabulary;
  std::map<std::string, std::vector<TaskText>> splits;

  const std::vector<TaskText>& split(const std::string& name) const;
};

/// How pairs are read: sources as the text, targets as its pair, groups as labels.
text::LabelledTextOptions pair_reading(const LanguageDataOptions& options);
/// Reads tables of sources and targets and encodes them. Learns a vocabulary from the training part unless
/// `vocabulary` names one; fills it in. Throws Error(kData) without a pair to train or to validate on.
PairCorpus read_pair_corpus(const Paths& data, const LanguageDataOptions& options,
                            text::TextVocabularyOptions& vocabulary);
toml::table pair_data_card(const PairCorpus& corpus);
std::string corpus_line(const PairCorpus& corpus);

/// Trains on the targets after their sources (data.learn_source: on both). Validation is the negative
/// log-likelihood of the targets, in nats per token, their end marks counted.
std::unique_ptr<training::Objective> make_pair_objective(std::shared_ptr<nn::SequenceModel> model,
                                                         std::shared_ptr<const PairCorpus> corpus,
                                                         const LanguageDataOptions& options,
                                                         const PairMarks& marks, uint64_t seed,
                                                         at::Device device);

}  // namespace heed::tasks
