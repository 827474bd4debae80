// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/token_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/data/text/symbol_vocabulary.h"
#include "heed/data/text/utf8.h"
#include "heed/data/text/word_vocabulary.h"

namespace heed::text {
namespace {
using ::testing::ElementsAre;

TextVocabularyPtr characters_of(const std::string& text) {
  return CharacterVocabulary::learn(0, [&](const auto& use) { use(text); });
}

std::vector<std::string> texts(const std::vector<TokenWord>& words) {
  std::vector<std::string> list;
  for (const TokenWord& word : words) list.push_back(word.text);
  return list;
}

std::vector<std::string> words_of_bytes(const std::string& text) {
  const ByteVocabulary vocabulary;
  return texts(token_words(vocabulary, vocabulary.TextVocabulary::encode(text)));
}

TEST(TokenWords, JoinCharactersAndPartPunctuation) {
  const std::string text = "The animal didn't cross,  it\nwas tired.";
  const auto vocabulary = characters_of(text);
  const auto words = token_words(*vocabulary, vocabulary->encode(text));
  EXPECT_THAT(texts(words),
              ElementsAre("The", "animal", "didn't", "cross", ",", "it", "\u21B5", "was", "tired", "."));
  EXPECT_EQ(words[1].begin, 3U) << "a blank belongs to the word after it";
  EXPECT_EQ(words[1].end, 10U);
}

TEST(TokenWords, CoverEveryTokenOnce) {
  const ByteVocabulary vocabulary;
  for (const std::string text : {"", " ", "a", "  a  ", "\n\n", "\u732b\u304c\u597d\u304d\u3067\u3059\u3002",
                                 "\xFF\xFE x", "a \U0001F600b"}) {
    const auto tokens = vocabulary.TextVocabulary::encode(text);
    size_t at = 0;
    for (const TokenWord& word : token_words(vocabulary, tokens)) {
      EXPECT_EQ(word.begin, at);
      EXPECT_GT(word.end, word.begin);
      at = word.end;
    }
    EXPECT_EQ(at, tokens.size()) << text;
  }
}

TEST(TokenWords, KnowTheWordsOfScriptsWithoutBlanks) {
  const auto words = words_of_bytes("\u732b\u304c\u597d\u304d");
  EXPECT_GT(words.size(), 1U);
  EXPECT_EQ(words.front(), "\u732b");
  for (const std::string& word : words) EXPECT_EQ(well_formed_prefix(word), word.size());
}

TEST(TokenWords, BlanksAloneAreVisible) {
  EXPECT_THAT(words_of_bytes("a  "), ElementsAre("a", "\u2423"));
  EXPECT_THAT(words_of_bytes("\n\na"), ElementsAre("\u21B5", "\u21B5", "a"));
}

TEST(TokenWords, AMarkIsAWordOfItsOwn) {
  const ByteVocabulary vocabulary;
  Tokens tokens{ByteVocabulary::kEndOfText, 'h', 'i', ByteVocabulary::kEndOfText, 'h', 'o'};
  EXPECT_THAT(texts(token_words(vocabulary, tokens)), ElementsAre("", "hi", "", "ho"));
}

TEST(TokenWords, ATokenWithSeveralWordsIsOne) {
  const WordVocabulary vocabulary({"well-known", "man"});
  EXPECT_THAT(texts(token_words(vocabulary, vocabulary.TextVocabulary::encode("well-known man\nman"))),
              ElementsAre("well-known", "man", "\u21B5", "man"));
}

}  // namespace
}  // namespace heed::text
