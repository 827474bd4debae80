// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "heed/core/config.h"
#include "heed/data/text/filters.h"
#include "heed/data/text/parallel_corpus.h"
#include "heed/data/text/subword_vocabulary.h"
#include "heed/tasks/translation/source_text.h"
#include "heed/tasks/translation/translation_batches.h"

namespace heed::tasks {

/// Section [data] of a translation run.
struct TranslationDataOptions {
  std::string source_language, target_language;
  std::string source_field, target_field;  ///< of tables of texts; empty: parallel text
  int64_t max_words = 0;
  double max_word_ratio = 0;
  bool drop_duplicates = false;
  int64_t validation_pairs = 1000;
  bool strict = false;
  bool cut_sources = false;  ///< at batches.max_length, in training and translation
  double label_smoothing = 0.1;
  double r_drop = 0;  ///< alpha of r_drop_loss(), which makes a step cost two passes; 0: off
  double subword_sampling =
      0;  ///< see SubwordVocabulary::sample; new for each batch, which may exceed its budget a little
  TranslationBatchOptions batches;
};
std::vector<Field> fields(TranslationDataOptions& options);

/// Section [vocabulary]: how subwords are learned.
struct TranslationVocabularyOptions {
  bool joint = true;
  std::filesystem::path file;  ///< SentencePiece model, or run folder, whose vocabulary is used instead
  text::SubwordOptions subwords;
};
std::vector<Field> fields(TranslationVocabularyOptions& options);

/// The subword vocabularies of the two languages; copies of one if they are joint.
struct TranslationVocabulary {
  text::SubwordVocabulary source, target;
  bool joint = true;

  TranslationMarks marks() const;
  /// Writes vocabulary.model, or source.model and target.model, into a run folder.
  void write(const std::filesystem::path& folder) const;
  static bool is_in(const std::filesystem::path& folder);
  static TranslationVocabulary read(const std::filesystem::path& folder);
};

/// A pair in tokens. With cut_sources the source is its beginning, as in training and translation.
EncodedPair encode_pair(const TranslationVocabulary& vocabulary, const std::string& source,
                        const std::string& target, const TranslationDataOptions& options);

/// Pairs in tokens, by split, with the vocabulary.
struct TranslationCorpus {
  TranslationVocabulary vocabulary;
  std::map<std::string, std::vector<EncodedPair>> splits;
  SourceText sources{};  ///< about the sources of the training part
};

/// Reads and filters pairs, holds back a sample of the training part when there is no validation part
/// (validation_sample.h), and learns the vocabulary, unless `data` is prepared or the options name a file. Reports what
/// was read and left out.
TranslationCorpus read_translation_corpus(const std::vector<std::filesystem::path>& data,
                                          const TranslationDataOptions& options,
                                          const TranslationVocabularyOptions& vocabulary);

/// The pairs of one split as text, as training on `data` sees them: the validation part may be a sample that is held back.
/// Throws Error(kData) listing the splits when there is no such split.
std::vector<text::SentencePair> read_translation_split(const std::vector<std::filesystem::path>& data,
                                                       const TranslationDataOptions& options,
                                                       const std::string& split);

/// Writes filtered pairs as text, and the vocabulary, into a folder that read_translation_corpus() reads: train.source,
/// train.target and so on. Returns the number of pairs of each split.
std::map<std::string, int64_t> prepare_translation(const std::vector<std::filesystem::path>& data,
                                                   const TranslationDataOptions& options,
                                                   const TranslationVocabularyOptions& vocabulary,
                                                   const std::filesystem::path& output);

/// Pairs and tokens of each split, with a checksum over all of them: equal cards mean equal training data.
toml::table translation_data_card(const TranslationCorpus& corpus);

}  // namespace heed::tasks
