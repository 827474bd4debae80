// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/byte_level_pretokenizer.h"

#include "tests/data/text/byte_level_fixtures.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/data/text/byte_alphabet.h"

namespace heed::text {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> pieces_of(std::string_view text) {
  std::vector<std::string> pieces;
  for_each_byte_level_piece(text, [&](std::string_view piece) { pieces.emplace_back(piece); });
  return pieces;
}

TEST(ByteLevelPretokenizer, CutsAsTokenizersDoes) {
  const auto cases = testing::byte_level_cases();
  ASSERT_GE(cases.size(), 50U);
  for (const auto& one : cases)
    EXPECT_EQ(pieces_of(one["text"].get<std::string>()), one["pieces"].get<std::vector<std::string>>())
        << one["text"];
}

TEST(ByteLevelPretokenizer, TheLastBlankOfARunBelongsToTheWord) {
  EXPECT_THAT(pieces_of("a   b"), ElementsAre("a", "  ", " b"));
  EXPECT_THAT(pieces_of("\n ="), ElementsAre("\n", " ="));
  EXPECT_THAT(pieces_of(" \nb"), ElementsAre(" ", "\n", "b")) << "only U+0020 joins a word";
  EXPECT_THAT(pieces_of("a  "), ElementsAre("a", "  ")) << "the end of the text is no word";
}

TEST(ByteLevelPretokenizer, ContractionsAreOfSmallLettersAndComeFirst) {
  EXPECT_THAT(pieces_of("we've'VE"), ElementsAre("we", "'ve", "'", "VE"));
  EXPECT_THAT(pieces_of("'sx"), ElementsAre("'s", "x"));
  EXPECT_THAT(pieces_of(" 's"), ElementsAre(" '", "s")) << "a blank before it makes it punctuation";
  EXPECT_THAT(pieces_of("''s"), ElementsAre("''", "s"));
  EXPECT_THAT(pieces_of("'r"), ElementsAre("'", "r"));
}

TEST(ByteLevelPretokenizer, BlanksAreUnicodesWhiteSpace) {
  for (const std::string blank :
       {"\t", "\v", "\xC2\x85", "\xC2\xA0", "\xE1\x9A\x80", "\xE2\x80\xAF", "\xE2\x80\xA8", "\xE3\x80\x80"})
    EXPECT_THAT(pieces_of("a" + blank + "b"), ElementsAre("a", blank, "b"));
  for (const std::string other : {"\x1C", "\x1F", "\xE1\xA0\x8E", "\xE2\x80\x8B", "\xEF\xBB\xBF"})
    EXPECT_THAT(pieces_of("!" + other), ElementsAre("!" + other)) << "runs on with punctuation";
}

TEST(ByteLevelPretokenizer, MarksAreNoLettersAndNumeralsAreNumbers) {
  EXPECT_THAT(pieces_of("e\u0301a"), ElementsAre("e", "\u0301", "a"));
  EXPECT_THAT(pieces_of("1\u2167\u00BD\u0663"), ElementsAre("1\u2167\u00BD\u0663"));
  EXPECT_THAT(pieces_of("x\U0001D7D8"), ElementsAre("x", "\U0001D7D8")) << "beyond the basic plane";
  EXPECT_THAT(pieces_of("x\U00010400"), ElementsAre("x\U00010400"));
}

TEST(ByteLevelPretokenizer, BytesThatAreNotUtf8AreLikePunctuation) {
  EXPECT_THAT(pieces_of("a\xFF!\xC3 b"), ElementsAre("a", "\xFF!\xC3", " b"));
  EXPECT_THAT(pieces_of(" \xE2\x82"), ElementsAre(" \xE2\x82"));
  EXPECT_THAT(pieces_of(" \x80"), ElementsAre(" \x80"));
}

TEST(ByteAlphabet, IsGpt2s) {
  EXPECT_EQ(to_byte_alphabet(" a\n"), "\u0120a\u010A");
  EXPECT_EQ(to_byte_alphabet(std::string_view("\0\xAD\xFF\x7F", 4)), "\u0100\u0143\u00FF\u0121");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(from_byte_alphabet(to_byte_alphabet(all)), all);
  EXPECT_EQ(byte_alphabet_order()[0], '!');
  EXPECT_EQ(byte_alphabet_order()[188], 0) << "U+0100 follows the characters that stand for themselves";
}

TEST(ByteAlphabet, RefusesOtherCharacters) {
  for (const char* wrong : {" ", "a b", "\u0144", "\u65e5", "\xFF", "\u00AD"})
    EXPECT_FALSE(from_byte_alphabet(wrong).has_value()) << wrong;
}

}  // namespace
}  // namespace heed::text
