// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "heed/core/field.h"
#include "heed/data/text/documents.h"
#include "heed/data/text/text_vocabulary.h"
#include "heed/data/text/token_stream.h"

namespace heed::text {

struct LanguageCorpusOptions {
  DocumentOptions documents;
  double valid_share = 0.1;          ///< of the text to validate on if no file is for that
  std::filesystem::path valid_file;  ///< text to validate on
};
std::vector<Field> fields(LanguageCorpusOptions& options);

/// What a split holds.
struct SplitCounts {
  int64_t documents = 0, bytes = 0, characters = 0, tokens = 0;
  int64_t unknown = 0;  ///< tokens that the vocabulary could not write
  uint32_t crc32c = 0;  ///< of the tokens, as int32
};

/// The text of a language model: for each split one stream of tokens, in which the end-of-text mark stands
/// before every document and after the last.
struct LanguageCorpus {
  struct Split {
    TokenStream tokens;
    SplitCounts counts;
  };
  TextVocabularyPtr vocabulary;
  std::map<std::string, Split> splits;  ///< keys train, valid and test

  /// Returns a split. Throws Error(kData), with those there are, if it is missing.
  const Split& split(const std::string& name) const;
};

/// Reads raw text (see find_text()) or one prepared folder. Raw text is read as a stream, twice or three
/// times; its tokens stay in memory. Splits, the first that applies: files named for validation or
/// `valid_file`; with at least 20 documents, a share of them by a hash of their beginning; the end of the
/// text. Learns the vocabulary from the training part, unless one is given; chooses its kind and size for the
/// text where `vocabulary` leaves them open, with a note that says why. Throws Error(kData) for no text to
/// train on.
LanguageCorpus read_language_corpus(const std::vector<std::filesystem::path>& data,
                                    const LanguageCorpusOptions& options,
                                    const TextVocabularyOptions& vocabulary);

/// Reads the same and writes it into a folder of its own, shard by shard: text larger than memory is fine.
/// The folder has corpus.toml, the vocabulary and files such as train-00000.safetensors.
LanguageCorpus prepare_language_corpus(const std::vector<std::filesystem::path>& data,
                                       const LanguageCorpusOptions& options,
                                       const TextVocabularyOptions& vocabulary,
                                       const std::filesystem::path& output);
bool is_prepared_text(const std::filesystem::path& folder);

/// Reads text as a whole with a given vocabulary, for scoring: every file is one split "all".
LanguageCorpus read_all_text(const std::vector<std::filesystem::path>& data, const DocumentOptions& options,
                             TextVocabularyPtr vocabulary);

}  // namespace heed::text
