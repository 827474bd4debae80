// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/text_vocabulary.h"

#include "tests/data/text/text_files.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"
#include "heed/data/text/symbol_vocabulary.h"
#include "heed/data/text/word_vocabulary.h"

namespace heed::text {
namespace {
using ::testing::ElementsAre;
using testing::Files;
using ::testing::HasSubstr;

const std::string kText =
    "Once upon a time\nthere was na\u00efve \U0001F600 caf\u00e9.\n\n  Two  blanks\tand a tab.\n";

EachText each(std::vector<std::string> parts) {
  return [parts](const std::function<void(std::string_view)>& use) {
    for (const auto& part : parts) use(part);
  };
}

TextVocabularyPtr learned(const std::string& kind, int64_t size, const std::string& text) {
  TextVocabularyOptions options;
  options.kind = kind;
  options.size = size;
  return learn_text_vocabulary(options, each({text}));
}

TEST(CharacterVocabulary, WritesEveryCharacterOfItsText) {
  const auto vocabulary = learned("characters", 0, kText);
  EXPECT_EQ(vocabulary->decode(vocabulary->encode(kText)), kText);
  EXPECT_EQ(vocabulary->encode(kText).size(), 67U);
  EXPECT_EQ(vocabulary->unit(), "character");
}

TEST(CharacterVocabulary, OrdersByCodePointBehindTwoMarks) {
  const auto vocabulary = learned("characters", 0, "ba\u00e9a");
  EXPECT_EQ(vocabulary->size(), 5);
  EXPECT_THAT(vocabulary->encode("ab\u00e9z"), ElementsAre(2, 3, 4, 1));
  EXPECT_EQ(vocabulary->token_bytes(1), "\uFFFD");
  EXPECT_EQ(vocabulary->token_bytes(0), "");
  EXPECT_THROW(vocabulary->token_bytes(5), Error);
}

TEST(CharacterVocabulary, KeepsTheMostFrequentCharactersIfItHasASize) {
  const auto vocabulary = learned("characters", 4, "aaabbc");
  EXPECT_EQ(vocabulary->size(), 4);
  EXPECT_THAT(vocabulary->encode("abc"), ElementsAre(2, 3, 1));
}

TEST(ByteVocabulary, WritesEveryByte) {
  const auto vocabulary = learned("bytes", 0, "");
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(vocabulary->decode(vocabulary->encode(bytes)), bytes);
  EXPECT_EQ(vocabulary->size(), 257);
}

TEST(WordVocabulary, CountsTheEndOfALineAsAWord) {
  const auto vocabulary = learned("words", 0, " = Title = \n\n the cat \n the <unk>\n");
  EXPECT_EQ(vocabulary->size(), 6);  // <eos> <unk> = the Title cat
  EXPECT_THAT(vocabulary->encode("the dog\n"), ElementsAre(3, 1, 0));
  EXPECT_EQ(vocabulary->encode(" = Title = \n\n the cat \n").size(), 8U);
  EXPECT_EQ(vocabulary->decode(vocabulary->encode("the   cat\n the <unk>\n")), "the cat\nthe <unk>\n");
}

TEST(SentencePieceText, KeepsLinesAndRestoresText) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "the cat sat on the mat\nand a dog \u00e9t\u00e9 barked\n";
  const auto vocabulary = learned("sentencepiece", 330, text);
  EXPECT_EQ(vocabulary->decode(vocabulary->encode(text)), text);
  EXPECT_EQ(vocabulary->decode(vocabulary->encode("\n\nthe \U0001F600\n")), "\n\nthe \U0001F600\n");
}

class EveryTextVocabulary : public ::testing::TestWithParam<std::string> {
 protected:
  TextVocabularyPtr make() const {
    std::string text;
    for (int i = 0; i < 40; ++i) text += kText;
    const bool subwords = GetParam() == "sentencepiece" || GetParam() == "byte_bpe";
    return learned(GetParam(), subwords ? 400 : 0, text);
  }
};

TEST_P(EveryTextVocabulary, IsTheSameAfterWritingAndLoading) {
  const Files files;
  const auto vocabulary = make();
  vocabulary->write(files.path());
  const auto loaded = load_text_vocabulary(files.path());
  ASSERT_EQ(loaded->kind(), GetParam());
  ASSERT_EQ(loaded->size(), vocabulary->size());
  for (int32_t token = 0; token < loaded->size(); ++token)
    EXPECT_EQ(loaded->token_bytes(token), vocabulary->token_bytes(token));
  EXPECT_EQ(loaded->encode(kText), vocabulary->encode(kText));
  EXPECT_EQ(loaded->end_of_text(), vocabulary->end_of_text());
}

TEST_P(EveryTextVocabulary, GivesTheTextTokenByToken) {
  const auto vocabulary = make();
  const auto tokens = vocabulary->encode(kText);
  TokenText text(*vocabulary);
  std::string bytes;
  for (const int32_t token : tokens) bytes += text.add(token);
  EXPECT_EQ(bytes, vocabulary->decode(tokens));
}

TEST_P(EveryTextVocabulary, NeverYieldsTheMarkBetweenDocuments) {
  const auto vocabulary = make();
  if (!vocabulary->token_bytes(vocabulary->end_of_text()).empty()) GTEST_SKIP() << "a line ends a document";
  for (const char* text : {"<|endoftext|>", "<s> </s>", "\n", ""})
    EXPECT_THAT(vocabulary->encode(text), ::testing::Not(::testing::Contains(vocabulary->end_of_text())));
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryTextVocabulary, ::testing::ValuesIn(vocabulary_kinds()),
                         [](const auto& kind) { return kind.param; });

TEST(LoadTextVocabulary, SaysWhatItExpected) {
  const Files files;
  try {
    load_text_vocabulary(files.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("characters.json"));
  }
  files.write("characters.json", R"({"characters": ["a", "a"]})");
  EXPECT_THROW(load_text_vocabulary(files.path()), Error);
  files.write("characters.json", R"({"characters": ["ab"]})");
  EXPECT_THROW(load_text_vocabulary(files.path()), Error);
  files.write("characters.json", R"({"words": ["ab"]})");
  EXPECT_THROW(load_text_vocabulary(files.path()), Error);
}

}  // namespace
}  // namespace heed::text
