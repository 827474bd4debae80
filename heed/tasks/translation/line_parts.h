// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "heed/data/text/subword_vocabulary.h"
#include "heed/tasks/translation/source_text.h"

namespace heed::tasks {

/// How much of a line is translated at a time.
enum class PartRule {
  kAuto,       ///< like the training sources: single sentences, or several; kFit if that is unknown
  kSentences,  ///< each sentence by itself
  kFit,        ///< as many whole sentences as the model can read
  kBeginning,  ///< the first of these parts alone, for summaries
};
/// "auto", "sentences", "fit", "beginning". Throws Error(kUsage) for another name.
PartRule parse_part_rule(const std::string& name);

struct LinePart {
  std::string text;
  text::Tokens tokens;    ///< at least one
  size_t first_word = 0;  ///< index in the line, as split_words() counts
  bool cut = false;       ///< its sentence was too long and continues in the next part
};

/// Splits lines at sentence ends. A sentence of more than `max_pieces` is cut, at a blank if possible.
class LineParter {
 public:
  /// Keeps a copy of the vocabulary; copies are cheap.
  LineParter(const text::SubwordVocabulary& vocabulary, const SourceText& sources, std::string language,
             PartRule rule, int64_t max_pieces);

  /// Empty for a blank line. Depends only on the line and the constructor's arguments.
  std::vector<LinePart> parts(const std::string& line) const;

 private:
  bool is_one_part(size_t pieces) const;

  text::SubwordVocabulary vocabulary_;
  std::string language_;
  bool beginning_ = false;  ///< leave out all but the first part
  bool sentences_ = false;  ///< translate each sentence by itself
  size_t most_, usual_;     ///< most pieces of a part; of a part of several sentences
};

}  // namespace heed::tasks
