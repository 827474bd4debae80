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
  int64_t max_words = 0;
  double max_word_ratio = 0;
  bool drop_duplicates = false;
  int64_t validation_pairs = 1000;
  bool strict = false;
  double label_smoothing = 0.1;
  double r_drop = 0;  ///< alpha of r_drop_loss(); each step then costs two passes
  double subword_sampling =
      0;  ///< SubwordVocabulary::sample, anew for each batch; batches may exceed their budget a little
  TranslationBatchOptions batches;
};
std::vector<Field> fields(TranslationDataOptions& options);

/// Section [vocabulary]: how the subwords are learned.
struct TranslationVocabularyOptions {
  bool joint = true;
  std::string file;  ///< a SentencePiece model, or a run folder, whose vocabulary is taken instead
  text::SubwordOptions subwords;
};
std::vector<Field> fields(TranslationVocabularyOptions& options);

/// The subwords of the two languages; where they are joint, copies of one.
struct TranslationVocabulary {
  text::SubwordVocabulary source, target;
  bool joint = true;

  TranslationMarks marks() const;
  /// vocabulary.model, or source.model and target.model, in a run folder.
  void write(const std::filesystem::path& folder) const;
  static bool is_in(const std::filesystem::path& folder);
  static TranslationVocabulary read(const std::filesystem::path& folder);
};

/// Pairs in tokens, by split, with what makes tokens of others.
struct TranslationCorpus {
  TranslationVocabulary vocabulary;
  std::map<std::string, std::vector<EncodedPair>> splits;
  SourceText sources{};  ///< those of the training part
};

/// Reads what the user gave, filters it, holds a sample of the training part back for validation where no
/// split is for that (validation_sample.h), and learns the vocabulary, unless `data` is a folder that
/// `prepare` wrote or a file is named. Says on stderr what was read and left out.
TranslationCorpus read_translation_corpus(const std::vector<std::filesystem::path>& data,
                                          const TranslationDataOptions& options,
                                          const TranslationVocabularyOptions& vocabulary);

/// The pairs of one split as text, as training on `data` would see them: the validation part may be one that
/// is held back. Throws Error(kData) naming the splits there are when it is not among them.
std::vector<text::SentencePair> read_translation_split(const std::vector<std::filesystem::path>& data,
                                                       const TranslationDataOptions& options,
                                                       const std::string& split);

/// Filtered pairs as text, and the vocabulary, in a folder that read_translation_corpus() takes:
/// train.source, train.target and so on. Returns the pairs of each split.
std::map<std::string, int64_t> prepare_translation(const std::vector<std::filesystem::path>& data,
                                                   const TranslationDataOptions& options,
                                                   const TranslationVocabularyOptions& vocabulary,
                                                   const std::filesystem::path& output);

/// Pairs and tokens of each split with a checksum of all of them: two corpora with one card train alike.
toml::table translation_data_card(const TranslationCorpus& corpus);

}  // namespace heed::tasks
