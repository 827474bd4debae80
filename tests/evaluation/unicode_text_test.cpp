// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/unicode_text.h"

#include <gtest/gtest.h>

namespace heed::evaluation {
namespace {

TEST(CodePoints, RoundTripThroughUtf8) {
  const std::u32string text = U"a\u00e4\u4e2d\U0001F600\U0010FFFF";
  EXPECT_EQ(to_utf8(text), "aä中😀\xF4\x8F\xBF\xBF");
  EXPECT_EQ(code_points(to_utf8(text)), text);
}

TEST(CodePoints, AMalformedPartIsOneReplacementCharacter) {
  EXPECT_EQ(code_points("a\xFF"
                        "b"),
            U"a\uFFFDb");
  EXPECT_EQ(code_points("\xE4\xB8"), U"\uFFFD");                  // truncated: one part
  EXPECT_EQ(code_points("\xED\xA0\x80"), U"\uFFFD\uFFFD\uFFFD");  // a surrogate: every byte is malformed
  EXPECT_EQ(code_points("\xC0\x80"), U"\uFFFD\uFFFD");            // overlong
}

TEST(Lowercase, FollowsUnicodesFullMapping) {
  EXPECT_EQ(lowercase("GRÜẞE Ψ Ǆ"), "grüße ψ ǆ");
  EXPECT_EQ(lowercase("İI"), "i\u0307i");
}

TEST(Lowercase, SigmaIsFinalAtTheEndOfAWordOnly) {
  EXPECT_EQ(lowercase("ΟΔΥΣΣΕΥΣ Σ"), "οδυσσευς σ");
  EXPECT_EQ(lowercase("ΑΣ'Α ΑΣ' ΑΣ\u0301"),
            "ασ'α ας' ας\u0301");  // apostrophe and accent do not end the word
}

TEST(IsWordCharacter, IsTrueOfLettersNumbersAndTheUnderscore) {
  for (const char32_t c : std::u32string_view(U"aZ9_\u00e9\u4e2d\u00b2\u00bd\u2167\u0663")) {
    EXPECT_TRUE(is_word_character(c)) << static_cast<uint32_t>(c);
  }
  for (const char32_t c : std::u32string_view(U" -'\u2013\u0301\u20ac\u00a0")) {
    EXPECT_FALSE(is_word_character(c)) << static_cast<uint32_t>(c);
  }
}

TEST(Split, PartsAtUnicodeSpaceAsPythonDoes) {
  const std::u32string text = U" a\u00a0b\u2003c\u3000\x1f d\u200be\n";
  EXPECT_EQ(split(text), (std::vector<std::u32string_view>{U"a", U"b", U"c", U"d\u200be"}));
  EXPECT_TRUE(split(U" \t ").empty());
}

TEST(StripEnd, LeavesTheBeginning) {
  EXPECT_EQ(strip_end(U" a \u2028\n"), U" a");
  EXPECT_EQ(strip_end(U" \n"), U"");
}

}  // namespace
}  // namespace heed::evaluation
