// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "heed/data/text/subword_vocabulary.h"
#include "heed/data/text/text_vocabulary.h"

namespace heed::text {

/// Text as lines of SentencePiece pieces. The end of a line is the model's end mark, and the end of text its
/// begin mark. The model normalises each line: runs of blanks become one.
class SentencePieceText : public TextVocabulary {
 public:
  static constexpr const char* kFile = "vocabulary.model";

  explicit SentencePieceText(SubwordVocabulary pieces) : pieces_(std::move(pieces)) {}
  static TextVocabularyPtr load(const std::filesystem::path& file);
  /// Learns from at most some 40 MB of lines, taken evenly from the text.
  static TextVocabularyPtr learn(int64_t size, const EachText& text);

  std::string kind() const override { return "sentencepiece"; }
  std::string unit() const override { return "token"; }
  int32_t size() const override { return pieces_.size(); }
  int32_t end_of_text() const override { return pieces_.begin(); }
  std::optional<int32_t> unknown() const override { return pieces_.unknown(); }
  using TextVocabulary::encode;
  void encode(std::string_view text, Tokens& tokens) const override;
  std::string token_bytes(int32_t token) const override;
  bool adds_blank_to_lines() const override { return true; }
  void write(const std::filesystem::path& folder) const override { pieces_.write(folder / kFile); }

 private:
  SubwordVocabulary pieces_;
};

}  // namespace heed::text
