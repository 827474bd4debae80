// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/symbol_vocabulary.h"

#include <algorithm>
#include <map>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/text/utf8.h"
#include "heed/data/text/vocabulary_file.h"

namespace heed::text {
namespace fs = std::filesystem;
namespace {

/// The most frequent characters, at most `size` of them, by code point.
std::vector<char32_t> most_frequent(const std::map<char32_t, int64_t>& counts, size_t size) {
  std::vector<std::pair<char32_t, int64_t>> ranked(counts.begin(), counts.end());
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  ranked.resize(std::min(ranked.size(), size));
  std::vector<char32_t> characters;
  for (const auto& [character, count] : ranked) characters.push_back(character);
  std::sort(characters.begin(), characters.end());
  return characters;
}

}  // namespace

CharacterVocabulary::CharacterVocabulary(std::vector<char32_t> characters) {
  for (const char32_t character : characters) {
    tokens_.emplace(character, size());
    characters_.push_back(encode_utf8(character));
  }
}

TextVocabularyPtr CharacterVocabulary::load(const fs::path& file) {
  std::vector<char32_t> characters;
  for (const std::string& text : read_vocabulary_file(file, "characters")) {
    const CodePoint character = decode_utf8(text);
    if (character.bytes == 0 || character.bytes != text.size())
      throw Error(ErrorKind::kData, "an entry is not one character: '" + text + "'", file.string());
    characters.push_back(character.value);
  }
  return std::make_shared<CharacterVocabulary>(std::move(characters));
}

TextVocabularyPtr CharacterVocabulary::learn(int64_t size, const EachText& text) {
  std::map<char32_t, int64_t> counts;
  text([&](std::string_view part) {
    for (size_t i = 0; i < part.size();) {
      const CodePoint character = next_character(part.substr(i));
      ++counts[character.value];
      i += character.bytes;
    }
  });
  if (size > 0 && size <= kFirst)
    throw Error(ErrorKind::kConfig, "'size' must be at least 3 for characters", "[vocabulary]");
  const size_t most = size > 0 ? static_cast<size_t>(size - kFirst) : counts.size();
  return std::make_shared<CharacterVocabulary>(most_frequent(counts, most));
}

void CharacterVocabulary::encode(std::string_view text, Tokens& tokens) const {
  for (size_t i = 0; i < text.size();) {
    const CodePoint character = next_character(text.substr(i));
    const auto found = tokens_.find(character.value);
    tokens.push_back(found == tokens_.end() ? kUnknown : found->second);
    i += character.bytes;
  }
}

std::string CharacterVocabulary::token_bytes(int32_t token) const {
  check_token(token);
  if (token == kUnknown) return encode_utf8(kReplacement);
  return token < kFirst ? std::string() : characters_[static_cast<size_t>(token - kFirst)];
}

void CharacterVocabulary::write(const fs::path& folder) const {
  write_vocabulary_file(folder / kFile, "characters", characters_);
}

TextVocabularyPtr ByteVocabulary::load(const fs::path& file) {
  read_vocabulary_file(file, "bytes");
  return std::make_shared<ByteVocabulary>();
}

TextVocabularyPtr ByteVocabulary::learn(int64_t size, const EachText& /*text*/) {
  if (size != 0 && size != ByteVocabulary().size())
    throw Error(ErrorKind::kConfig, "'size' does not fit bytes: there are 256 and a mark, 257",
                "[vocabulary]");
  return std::make_shared<ByteVocabulary>();
}

void ByteVocabulary::encode(std::string_view text, Tokens& tokens) const {
  for (const char byte : text) tokens.push_back(static_cast<unsigned char>(byte));
}

std::string ByteVocabulary::token_bytes(int32_t token) const {
  check_token(token);
  return token == kEndOfText ? std::string() : std::string(1, static_cast<char>(token));
}

void ByteVocabulary::write(const fs::path& folder) const {
  write_vocabulary_file(folder / kFile, "bytes", {});
}

}  // namespace heed::text
