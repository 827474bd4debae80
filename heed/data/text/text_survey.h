// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "heed/data/text/documents.h"
#include "heed/data/text/text_vocabulary.h"

namespace heed::text {

/// What a first pass over text finds.
struct TextSurvey {
  int64_t documents = 0, bytes = 0, characters = 0, words = 0;
  int64_t unknown_words = 0;                     ///< words "<unk>"
  int64_t train_bytes = 0, valid_documents = 0;  ///< by the names of files
  std::set<char32_t> alphabet;

  void add(const TextPart& part, const std::string& split);
};

/// Whether a document is one of the share that validates, by a hash of its beginning.
bool validates_by_hash(std::string_view document, double share);

/// Which part of the text validates.
class TextSplits {
 public:
  enum class Rule { kByName, kByHash, kAtEnd };

  /// Chooses the rule (see read_language_corpus()).
  TextSplits(const TextSurvey& survey, double valid_share);

  /// A text and the split that it belongs to.
  struct Piece {
    TextPart part;
    std::string split;
  };
  /// Assigns a part, given in the order of the survey; the end-of-text rule may cut it in two at a line end.
  std::vector<Piece> assign(const TextPart& part, const std::string& named);
  /// Starts again from the first part.
  void restart() { bytes_ = 0; }
  /// "the last 10 % of the text".
  std::string describe() const;

 private:
  Rule rule_;
  double share_;
  int64_t valid_begin_ = 0, bytes_ = 0;  ///< kAtEnd: where validation begins, and where the next part begins
  std::string split_;                    ///< kByHash: of the current document
};

/// Fills in the kind and the size that `options` leaves open. Returns why: "characters: the text is short".
std::string choose_vocabulary(const TextSurvey& survey, TextVocabularyOptions& options);

}  // namespace heed::text
