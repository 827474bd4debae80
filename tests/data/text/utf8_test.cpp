// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/utf8.h"

#include <gtest/gtest.h>

namespace heed::text {
namespace {

TEST(Utf8, DecodesTheFirstAndLastOfEachLength) {
  const auto value = [](std::string_view text) {
    const CodePoint c = decode_utf8(text);
    EXPECT_EQ(c.bytes, text.size());
    return c.value;
  };
  EXPECT_EQ(value("\x7F"), 0x7FU);
  EXPECT_EQ(value("\xC2\x80"), 0x80U);
  EXPECT_EQ(value("\xDF\xBF"), 0x7FFU);
  EXPECT_EQ(value("\xE0\xA0\x80"), 0x800U);
  EXPECT_EQ(value("\xED\x9F\xBF"), 0xD7FFU);
  EXPECT_EQ(value("\xEE\x80\x80"), 0xE000U);
  EXPECT_EQ(value("\xEF\xBF\xBF"), 0xFFFFU);
  EXPECT_EQ(value("\xF0\x90\x80\x80"), 0x10000U);
  EXPECT_EQ(value("\xF4\x8F\xBF\xBF"), 0x10FFFFU);
  EXPECT_EQ(value(std::string_view("\0", 1)), 0U);
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndWhatIsBeyondUnicode) {
  for (const std::string_view wrong :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF8\x88\x80\x80\x80", "\xFE", "\xFF",
        "\xC3", "\xC3(", "\xE2\x82", "\xE2\x82(", "\xF0\x9F\x8E", ""}) {
    EXPECT_EQ(decode_utf8(wrong).bytes, 0U);
    EXPECT_EQ(well_formed_prefix(wrong), 0U);
    if (!wrong.empty()) {
      EXPECT_EQ(next_character(wrong).value, 0xFFFDU);
      EXPECT_EQ(next_character(wrong).bytes, 1U);
    }
  }
}

TEST(Utf8, FindsTheFirstFaultWhereverItStands) {
  for (size_t before = 0; before < 40; ++before) {
    for (const std::string_view middle : {"", "é", "好x"}) {
      const std::string good = std::string(before, 'a') + std::string(middle);
      EXPECT_EQ(well_formed_prefix(good), good.size());
      EXPECT_EQ(well_formed_prefix(good + "\xFFxyz and more behind it"), good.size());
    }
  }
}

TEST(Utf8, CountsCharactersAndWords) {
  EXPECT_EQ(count_characters("Größe 好"), 7U);
  EXPECT_EQ(count_characters("a\xFF\xC3"), 3U);
  EXPECT_EQ(count_words(""), 0U);
  EXPECT_EQ(count_words("  one\ttwo \xE3\x80\x80three "), 3U);
  EXPECT_EQ(count_words("Quoi\xE2\x80\xAF? 10\xC2\xA0km"), 2U) << "no-break blanks part no words";
}

TEST(Utf8, BlankIsEveryKindOfBlank) {
  EXPECT_TRUE(is_blank(""));
  EXPECT_TRUE(is_blank(" \t\r\n\xC2\xA0\xE2\x80\xAF\xE3\x80\x80\xEF\xBB\xBF"));
  EXPECT_FALSE(is_blank("  . "));
}

TEST(Utf8, MalformedBytesBecomeReplacementCharacters) {
  EXPECT_EQ(replace_malformed("gr\xC3\xBC\xC3\x9F"), "gr\xC3\xBC\xC3\x9F");
  EXPECT_EQ(replace_malformed("a\xFF"), "a\xEF\xBF\xBD");
  EXPECT_EQ(replace_malformed(std::string_view("\0b\xE2\x82", 4)),
            "\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(replace_malformed(""), "");
}

}  // namespace
}  // namespace heed::text
