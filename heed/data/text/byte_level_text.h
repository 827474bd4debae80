// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "heed/data/text/byte_level_bpe.h"
#include "heed/data/text/text_vocabulary.h"

namespace heed::text {

/// Byte-level BPE as a language model's vocabulary. Special tokens other than the end of text stand for their
/// own text when tokens are written out.
class ByteLevelText : public TextVocabulary {
 public:
  static constexpr const char* kFile = "tokenizer.json";
  static constexpr const char* kPairFile = "vocab.json";  ///< with merges.txt beside it

  /// Throws Error(kData) for a vocabulary without an end of text; `place` is its file.
  ByteLevelText(ByteLevelBpe pieces, const std::string& place);
  static TextVocabularyPtr load(const std::filesystem::path& file);
  static TextVocabularyPtr learn(int64_t size, const EachText& text);

  std::string kind() const override { return "byte_bpe"; }
  std::string unit() const override { return "token"; }
  int32_t size() const override { return pieces_.size(); }
  int32_t end_of_text() const override { return end_; }
  using TextVocabulary::encode;
  void encode(std::string_view text, Tokens& tokens) const override;
  std::string token_bytes(int32_t token) const override;
  void write(const std::filesystem::path& folder) const override { pieces_.write(folder); }

 private:
  ByteLevelBpe pieces_;
  int32_t end_;
};

}  // namespace heed::text
