// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "heed/data/text/text_vocabulary.h"

namespace heed::text {

/// A token for each word of text that is split into words by blanks already, as in WikiText and the Penn
/// Treebank. The end of a line is a token too, "<eos>", as in the published perplexities; it also ends a
/// document. Words that are not in the vocabulary, and the word "<unk>" itself, are one token. Stored as
/// "words.json". The text comes back with single blanks.
class WordVocabulary : public TextVocabulary {
 public:
  static constexpr const char* kFile = "words.json";
  static constexpr const char *kUnknownWord = "<unk>", *kEndWord = "<eos>";
  static constexpr int32_t kEnd = 0, kUnknown = 1, kFirst = 2;

  explicit WordVocabulary(std::vector<std::string> words);
  static TextVocabularyPtr load(const std::filesystem::path& file);
  /// The words of the text by frequency, then by bytes; with a size above 0, the most frequent ones.
  static TextVocabularyPtr learn(int64_t size, const EachText& text);

  std::string kind() const override { return "words"; }
  std::string unit() const override { return "word"; }
  int32_t size() const override { return kFirst + static_cast<int32_t>(words_.size()); }
  int32_t end_of_text() const override { return kEnd; }
  std::optional<int32_t> unknown() const override { return kUnknown; }
  using TextVocabulary::encode;
  void encode(std::string_view text, Tokens& tokens) const override;
  std::string token_bytes(int32_t token) const override;
  bool adds_blank_to_lines() const override { return true; }
  void write(const std::filesystem::path& folder) const override;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view word) const { return std::hash<std::string_view>{}(word); }
  };
  std::vector<std::string> words_;  ///< by token less kFirst
  std::unordered_map<std::string, int32_t, Hash, std::equal_to<>> tokens_;
};

}  // namespace heed::text
