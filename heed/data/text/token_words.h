// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "heed/data/text/text_vocabulary.h"

namespace heed::text {

/// The tokens [begin, end) and what they spell.
struct TokenWord {
  std::string text;
  size_t begin = 0, end = 0;
};

/// The text of each token, as in TextVocabulary::decode(): it may end inside a character.
std::vector<std::string> token_texts(const TextVocabulary& vocabulary, std::span<const int32_t> tokens);

/// The words that tokens spell, punctuation marks among them, by Unicode's rules of word borders (UAX #29), which know
/// the words of scripts without blanks. Every token belongs to one word, blanks to the word after them; a token that
/// touches several words belongs to the first. A line end is a word, and so is a mark that spells nothing, such as
/// the end of text. The text of a word has no blanks around it; blanks alone are "␣", line ends "↵".
std::vector<TokenWord> token_words(const TextVocabulary& vocabulary, std::span<const int32_t> tokens);

}  // namespace heed::text
