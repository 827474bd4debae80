// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace heed::text::testing {

/// Makes sentences of invented words in letters of `alphabet`; frequent words are short.
inline std::vector<std::string> toy_sentences(size_t count, uint64_t seed,
                                              const std::vector<std::string>& syllables) {
  std::mt19937_64 random(seed);
  const auto below = [&](size_t bound) { return static_cast<size_t>(random() % bound); };
  std::vector<std::string> words;
  for (size_t i = 0; i < 300; ++i) {
    std::string word;
    for (size_t k = 0; k < 1 + below(1 + i / 60); ++k) word += syllables[below(syllables.size())];
    words.push_back(word);
  }
  std::vector<std::string> sentences;
  for (size_t i = 0; i < count; ++i) {
    std::string sentence;
    for (size_t k = 0; k < 3 + below(15); ++k)
      sentence += (k > 0 ? " " : "") + words[below(1 + below(words.size()))];
    sentences.push_back(sentence + ".");
  }
  return sentences;
}

inline std::vector<std::string> toy_german(size_t count = 400, uint64_t seed = 1) {
  return toy_sentences(
      count, seed, {"der", "ge", "zu", "schön", "straß", "ung", "über", "kauf", "Haus", "en", "ig", "für"});
}

inline std::vector<std::string> toy_greek(size_t count = 400, uint64_t seed = 2) {
  return toy_sentences(count, seed, {"τω", "καλ", "ός", "και", "ἡμέ", "ρα", "λό", "γος", "εἰς", "νη"});
}

}  // namespace heed::text::testing
