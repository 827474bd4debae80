// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/line_parts.h"

#include <algorithm>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/names.h"
#include "heed/data/text/sentence_splitter.h"
#include "heed/data/text/utf8.h"

namespace heed::tasks {

PartRule parse_part_rule(const std::string& name) {
  if (name == "auto") return PartRule::kAuto;
  if (name == "sentences") return PartRule::kSentences;
  if (name == "fit") return PartRule::kFit;
  if (name == "beginning") return PartRule::kBeginning;
  throw Error(ErrorKind::kUsage,
              unknown_name_message("rule", name, {"auto", "sentences", "fit", "beginning"}),
              FieldName{"parts"});
}

LineParter::LineParter(const text::SubwordVocabulary& vocabulary, const SourceText& sources,
                       std::string language, PartRule rule, int64_t max_pieces)
    : vocabulary_(vocabulary),
      language_(std::move(language)),
      beginning_(rule == PartRule::kBeginning),
      sentences_(rule == PartRule::kSentences || (rule == PartRule::kAuto && sources.of_single_sentences())),
      most_(static_cast<size_t>(max_pieces)),
      usual_(most_) {
  if (rule == PartRule::kAuto && sources.known())
    usual_ = static_cast<size_t>(std::min(sources.pieces, max_pieces));
}

bool LineParter::is_one_part(size_t pieces) const {
  return !sentences_ && pieces <= usual_;
}

std::vector<LinePart> LineParter::parts(const std::string& line) const {
  text::Tokens tokens = vocabulary_.encode(line);
  if (tokens.empty()) return {};
  if (is_one_part(tokens.size())) return {{.text = line, .tokens = std::move(tokens)}};
  text::SplitOptions options;
  options.language = language_;
  options.gather = sentences_ ? text::Gather::kOne : text::Gather::kMany;
  if (tokens.size() > most_ || !sentences_) {
    options.max_cost = most_;
    options.usual_cost = sentences_ ? 0 : usual_;
    options.cost = [&](std::string_view word) { return vocabulary_.encode(word).size(); };
  }
  std::vector<LinePart> parts;
  size_t words = 0;
  bool within_word = false;
  for (const auto& piece : text::split_sentences(line, options)) {
    const size_t of_piece = text::count_words(piece.text);
    LinePart part{.text = std::string(piece.text),
                  .tokens = vocabulary_.encode(piece.text),
                  .first_word = words - (within_word && of_piece > 0 ? 1 : 0),
                  .cut = piece.cut};
    words = part.first_word + of_piece;
    within_word = of_piece > 0 && piece.separator.empty();
    if (part.tokens.empty()) continue;
    // With a vocabulary whose pieces span blanks, a part may have more pieces than its words have separately.
    part.tokens.resize(std::min(part.tokens.size(), most_));
    parts.push_back(std::move(part));
    if (beginning_) break;
  }
  return parts;
}

}  // namespace heed::tasks
