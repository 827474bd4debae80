// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "heed/data/text/subword_vocabulary.h"
#include "heed/tasks/translation/source_text.h"

namespace heed::tasks {

/// What of a line is translated at a time.
enum class PartRule {
  kAuto,       ///< as the training sources were: sentences, or lines of several; kFit where that is not known
  kSentences,  ///< each sentence by itself
  kFit,        ///< as many whole sentences as the model can read
};
/// "auto", "sentences", "fit". Throws Error(kUsage) for another name.
PartRule parse_part_rule(const std::string& name);

struct LinePart {
  std::string text;
  text::Tokens tokens;    ///< at least one
  size_t first_word = 0;  ///< of the line, as split_words() counts
  bool cut = false;       ///< its sentence was too long and goes on in the next part
};

/// Parts lines at their sentence ends. A sentence over `max_pieces` is cut, at blanks where that serves.
class LineParter {
 public:
  /// Keeps a copy of the vocabulary, which is cheap.
  LineParter(const text::SubwordVocabulary& vocabulary, const SourceText& sources, std::string language,
             PartRule rule, int64_t max_pieces);

  /// None of a line of blanks. A function of the line and what the constructor was given alone.
  std::vector<LinePart> parts(const std::string& line) const;

 private:
  bool is_one_part(size_t pieces) const;

  text::SubwordVocabulary vocabulary_;
  std::string language_;
  bool sentences_ = false;  ///< each by itself
  size_t most_, usual_;     ///< pieces of a part; of one of several sentences
};

}  // namespace heed::tasks
