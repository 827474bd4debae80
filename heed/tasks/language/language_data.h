// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <toml++/toml.h>

#include "heed/core/field.h"
#include "heed/data/text/language_corpus.h"
#include "heed/nn/sequence_model.h"
#include "heed/tasks/language_objective.h"
#include "heed/tasks/trained.h"

namespace heed::tasks {

/// Section [data] of a language run.
struct LanguageDataOptions {
  text::LanguageCorpusOptions corpus;
  int64_t crop = 256;
  int64_t batch_size = 16;
  double label_smoothing = 0;
  int64_t validation_window = 0;
  int64_t validation_tokens = 200'000;
  std::string source_field, target_field;  ///< of tables of pairs; empty: text
  bool learn_source = false;

  bool pairs() const { return !target_field.empty(); }
};
Fields fields(LanguageDataOptions& options);

/// What each part holds, with a checksum: equal cards mean equal training data.
toml::table language_data_card(const text::LanguageCorpus& corpus);
/// "language (characters): train 1 document, 903,469 tokens; valid ...".
std::string corpus_line(const text::LanguageCorpus& corpus);

/// Trains on crops of `train` and validates on windows of `valid`, in nats per token. Its run keeps the
/// vocabulary.
std::unique_ptr<LanguageObjective> make_language_objective(std::shared_ptr<nn::SequenceModel> model,
                                                           const text::LanguageCorpus& corpus,
                                                           const LanguageDataOptions& options, uint64_t seed,
                                                           at::Device device);

}  // namespace heed::tasks
