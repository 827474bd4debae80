// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "heed/data/text/text_vocabulary.h"

namespace heed::text {

/// A token for each character: the end of text, the unknown character, then the characters by code point.
/// Stored as "characters.json".
class CharacterVocabulary : public TextVocabulary {
 public:
  static constexpr const char* kFile = "characters.json";
  static constexpr int32_t kEndOfText = 0, kUnknown = 1, kFirst = 2;

  explicit CharacterVocabulary(std::vector<char32_t> characters);
  static TextVocabularyPtr load(const std::filesystem::path& file);
  /// The characters of the text; with a size above 0, its most frequent ones.
  static TextVocabularyPtr learn(int64_t size, const EachText& text);

  std::string kind() const override { return "characters"; }
  std::string unit() const override { return "character"; }
  int32_t size() const override { return kFirst + static_cast<int32_t>(characters_.size()); }
  int32_t end_of_text() const override { return kEndOfText; }
  std::optional<int32_t> unknown() const override { return kUnknown; }
  using TextVocabulary::encode;
  void encode(std::string_view text, Tokens& tokens) const override;
  std::string token_bytes(int32_t token) const override;
  void write(const std::filesystem::path& folder) const override;

 private:
  std::vector<std::string> characters_;  ///< in UTF-8, by token less kFirst
  std::unordered_map<char32_t, int32_t> tokens_;
};

/// A token for each byte, its value, then the end of text. Stored as "bytes.json".
class ByteVocabulary : public TextVocabulary {
 public:
  static constexpr const char* kFile = "bytes.json";
  static constexpr int32_t kEndOfText = 256;

  static TextVocabularyPtr load(const std::filesystem::path& file);
  static TextVocabularyPtr learn(int64_t size, const EachText& text);

  std::string kind() const override { return "bytes"; }
  std::string unit() const override { return "byte"; }
  int32_t size() const override { return kEndOfText + 1; }
  int32_t end_of_text() const override { return kEndOfText; }
  using TextVocabulary::encode;
  void encode(std::string_view text, Tokens& tokens) const override;
  std::string token_bytes(int32_t token) const override;
  void write(const std::filesystem::path& folder) const override;
};

}  // namespace heed::text
