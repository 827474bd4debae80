// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/text_vocabulary.h"

#include "heed/core/error.h"
#include "heed/data/text/byte_level_text.h"
#include "heed/data/text/sentence_piece_text.h"
#include "heed/data/text/symbol_vocabulary.h"
#include "heed/data/text/word_vocabulary.h"

namespace heed::text {
namespace fs = std::filesystem;
namespace {

/// A kind of vocabulary: how it is learned, and the files by which it is known in a folder.
struct Kind {
  std::string name;
  std::vector<std::string> files;
  TextVocabularyPtr (*load)(const fs::path& file);
  TextVocabularyPtr (*learn)(int64_t size, const EachText& text);
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> table{
      {"characters", {CharacterVocabulary::kFile}, CharacterVocabulary::load, CharacterVocabulary::learn},
      {"bytes", {ByteVocabulary::kFile}, ByteVocabulary::load, ByteVocabulary::learn},
      {"words", {WordVocabulary::kFile}, WordVocabulary::load, WordVocabulary::learn},
      {"byte_bpe",
       {ByteLevelText::kFile, ByteLevelText::kPairFile},
       ByteLevelText::load,
       ByteLevelText::learn},
      {"sentencepiece", {SentencePieceText::kFile}, SentencePieceText::load, SentencePieceText::learn},
  };
  return table;
}

}  // namespace

Tokens TextVocabulary::encode(std::string_view text) const {
  Tokens tokens;
  encode(text, tokens);
  return tokens;
}

std::string TextVocabulary::decode(std::span<const int32_t> tokens) const {
  TokenText text(*this);
  std::string bytes;
  for (const int32_t token : tokens) bytes += text.add(token);
  return bytes;
}

void TextVocabulary::check_token(int32_t token) const {
  if (token >= 0 && token < size()) return;
  throw Error(ErrorKind::kData,
              "token " + std::to_string(token) + " is outside a vocabulary of " + std::to_string(size()));
}

std::string TokenText::add(int32_t token) {
  std::string bytes = vocabulary_.token_bytes(token);
  if (at_line_start_ && vocabulary_.adds_blank_to_lines() && bytes.starts_with(' ')) bytes.erase(0, 1);
  if (!bytes.empty()) at_line_start_ = bytes.back() == '\n';
  return bytes;
}

TextVocabularyPtr load_text_vocabulary(const fs::path& path) {
  std::string expected;
  for (const Kind& kind : kinds()) {
    for (const auto& file : kind.files) {
      if (fs::is_directory(path) && fs::is_regular_file(path / file)) return kind.load(path / file);
      if (path.filename() == file) return kind.load(path);
      expected += (expected.empty() ? "" : ", ") + file;
    }
  }
  const auto ending = path.extension();
  if (fs::is_regular_file(path) && ending == ".model") return SentencePieceText::load(path);
  if (fs::is_regular_file(path) && ending == ".json") return ByteLevelText::load(path);
  throw Error(ErrorKind::kData,
              fs::exists(path) ? "holds no vocabulary: expected one of " + expected
                               : "there is no such file or folder",
              path.string());
}

std::vector<std::string> vocabulary_kinds() {
  std::vector<std::string> names;
  for (const Kind& kind : kinds()) names.push_back(kind.name);
  return names;
}

std::vector<Field> fields(TextVocabularyOptions& options) {
  auto names = vocabulary_kinds();
  names.insert(names.begin(), "");
  return {
      {"kind", &options.kind, "what a token is; empty: chosen for the text", one_of(names)},
      {"size", &options.size, "number of tokens; 0: chosen for the text", between(0, 1 << 24)},
      {"file", &options.file, "vocabulary file, or folder of a model, whose vocabulary is used"},
  };
}

TextVocabularyPtr learn_text_vocabulary(const TextVocabularyOptions& options, const EachText& text) {
  for (const Kind& kind : kinds())
    if (kind.name == options.kind) return kind.learn(options.size, text);
  throw Error(ErrorKind::kConfig, "'kind' must be set to learn a vocabulary", "[vocabulary]");
}

}  // namespace heed::text
