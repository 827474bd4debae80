// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/text_survey.h"

#include <algorithm>
#include <cmath>

#include "heed/data/stable_hash.h"
#include "heed/data/text/counts.h"
#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

constexpr int64_t kDocumentsToSplit = 20;

std::string percent(double share) {
  std::string text = std::to_string(std::lround(share * 1000) / 10.0);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " %";
}

/// Room for each token to occur some hundred times, within what small models can learn.
int64_t subword_size(int64_t bytes) {
  constexpr int64_t kBytesPerToken = 2500, kLeast = 1000, kMost = 32000, kStep = 500;
  return std::clamp(bytes / kBytesPerToken / kStep * kStep, kLeast, kMost);
}

}  // namespace

void TextSurvey::add(const TextPart& part, const std::string& split) {
  constexpr size_t kMostCharacters = 10000;
  documents += part.first ? 1 : 0;
  valid_documents += part.first && split == "valid" ? 1 : 0;
  bytes += static_cast<int64_t>(part.text.size());
  train_bytes += split == "train" ? static_cast<int64_t>(part.text.size()) : 0;
  bool inside = false;
  size_t begin = 0;
  for (size_t i = 0; i <= part.text.size();) {
    const CodePoint character =
        i < part.text.size() ? next_character(part.text.substr(i)) : CodePoint{' ', 1};
    const bool blank = is_space(character.value);
    if (!blank && !inside) begin = i;
    if (blank && inside) {
      ++words;
      unknown_words += part.text.substr(begin, i - begin) == "<unk>" ? 1 : 0;
    }
    if (i < part.text.size()) ++characters;
    if (i < part.text.size() && alphabet.size() < kMostCharacters) alphabet.insert(character.value);
    inside = !blank;
    i += character.bytes;
  }
}

bool validates_by_hash(std::string_view document, double share) {
  constexpr size_t kHashed = 4096;
  constexpr double kBuckets = 1 << 20;
  return static_cast<double>(stable_hash(document.substr(0, kHashed)) >> 44) / kBuckets < share;
}

TextSplits::TextSplits(const TextSurvey& survey, double valid_share) : share_(valid_share) {
  if (survey.valid_documents > 0)
    rule_ = Rule::kByName;
  else
    rule_ = survey.documents >= kDocumentsToSplit ? Rule::kByHash : Rule::kAtEnd;
  valid_begin_ = std::llround(static_cast<double>(survey.train_bytes) * (1 - valid_share));
}

std::vector<TextSplits::Piece> TextSplits::assign(const TextPart& part, const std::string& named) {
  if (rule_ == Rule::kByName || named != "train") return {{part, named}};
  if (rule_ == Rule::kByHash) {
    if (part.first) split_ = validates_by_hash(part.text, share_) ? "valid" : "train";
    return {{part, split_}};
  }
  const int64_t begin = bytes_;
  bytes_ += static_cast<int64_t>(part.text.size());
  if (bytes_ <= valid_begin_) return {{part, "train"}};
  if (begin >= valid_begin_) return {{part, "valid"}};
  const auto wanted = static_cast<size_t>(valid_begin_ - begin);
  size_t cut = part.text.find('\n', wanted > 0 ? wanted - 1 : 0);
  cut = cut == std::string_view::npos ? part.text.size() : cut + 1;
  if (cut >= part.text.size()) {  // no line end: the last character before the place
    cut = wanted;
    while (cut > 0 && (static_cast<unsigned char>(part.text[cut]) & 0xC0) == 0x80) --cut;
  }
  std::vector<Piece> pieces;
  if (cut > 0) pieces.push_back({{part.text.substr(0, cut), part.first, true}, "train"});
  pieces.push_back({{part.text.substr(cut), true, part.last}, "valid"});
  return pieces;
}

std::string TextSplits::describe() const {
  switch (rule_) {
    case Rule::kByName:
      return "files named for it";
    case Rule::kByHash:
      return percent(share_) + " of the documents, by a hash of their beginning";
    case Rule::kAtEnd:
      break;
  }
  return "the last " + percent(share_) + " of the text";
}

std::string choose_vocabulary(const TextSurvey& survey, TextVocabularyOptions& options) {
  constexpr double kMarkedShare = 0.001;
  constexpr int64_t kShort = 4'000'000;
  constexpr size_t kFewCharacters = 300;
  std::string why;
  if (options.kind.empty()) {
    if (static_cast<double>(survey.unknown_words) > kMarkedShare * static_cast<double>(survey.words)) {
      options.kind = "words";
      why = "the text marks rare words with <unk>";
    } else if (survey.bytes < kShort && survey.alphabet.size() <= kFewCharacters) {
      options.kind = "characters";
      why = "the text is short and has " + std::to_string(survey.alphabet.size()) + " different characters";
    } else {
      options.kind = "byte_bpe";
      why = "the text is long: " + grouped(survey.bytes) + " bytes";
    }
  }
  const bool subwords = options.kind == "byte_bpe" || options.kind == "sentencepiece";
  if (options.size == 0 && subwords) options.size = subword_size(survey.bytes);
  return why;
}

}  // namespace heed::text
