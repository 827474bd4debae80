// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/word_vocabulary.h"

#include <algorithm>
#include <utility>

#include "heed/core/error.h"
#include "heed/data/text/vocabulary_file.h"

namespace heed::text {
namespace fs = std::filesystem;
namespace {

bool is_blank_byte(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/// Calls `word` with each word, and `end` at each line end.
template <class Word, class End>
void each_word(std::string_view text, const Word& word, const End& end) {
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '\n') {
      end();
      ++i;
    } else if (is_blank_byte(text[i])) {
      ++i;
    } else {
      const size_t begin = i;
      while (i < text.size() && text[i] != '\n' && !is_blank_byte(text[i])) ++i;
      word(text.substr(begin, i - begin));
    }
  }
}

}  // namespace

WordVocabulary::WordVocabulary(std::vector<std::string> words) : words_(std::move(words)) {
  for (size_t i = 0; i < words_.size(); ++i) tokens_.emplace(words_[i], kFirst + static_cast<int32_t>(i));
}

TextVocabularyPtr WordVocabulary::load(const fs::path& file) {
  return std::make_shared<WordVocabulary>(read_vocabulary_file(file, "words"));
}

TextVocabularyPtr WordVocabulary::learn(int64_t size, const EachText& text) {
  std::unordered_map<std::string, int64_t, Hash, std::equal_to<>> counts;
  text([&](std::string_view part) {
    each_word(
        part,
        [&](std::string_view word) {
          const auto found = counts.find(word);
          if (found == counts.end())
            counts.emplace(word, 1);
          else
            ++found->second;
        },
        [] {});
  });
  counts.erase(kUnknownWord);
  counts.erase(kEndWord);
  std::vector<std::pair<std::string, int64_t>> ranked(counts.begin(), counts.end());
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (size > 0)
    ranked.resize(std::min(ranked.size(), static_cast<size_t>(std::max<int64_t>(0, size - kFirst))));
  std::vector<std::string> words;
  words.reserve(ranked.size());
  for (auto& [word, count] : ranked) words.push_back(std::move(word));
  return std::make_shared<WordVocabulary>(std::move(words));
}

void WordVocabulary::encode(std::string_view text, Tokens& tokens) const {
  each_word(
      text,
      [&](std::string_view word) {
        const auto found = tokens_.find(word);
        tokens.push_back(found == tokens_.end() ? kUnknown : found->second);
      },
      [&] { tokens.push_back(kEnd); });
}

std::string WordVocabulary::token_bytes(int32_t token) const {
  check_token(token);
  if (token == kEnd) return "\n";
  return std::string(" ").append(token == kUnknown ? kUnknownWord
                                                   : words_[static_cast<size_t>(token - kFirst)]);
}

void WordVocabulary::write(const fs::path& folder) const {
  write_vocabulary_file(folder / kFile, "words", words_);
}

}  // namespace heed::text
