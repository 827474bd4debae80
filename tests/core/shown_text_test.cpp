// SPDX-License-Identifier: Apache-2.0
#include "heed/core/shown_text.h"

#include <gtest/gtest.h>

namespace heed {
namespace {

TEST(ColumnsOf, WideCharactersCountTwoAndCombiningOnesNone) {
  EXPECT_EQ(columns_of(""), 0u);
  EXPECT_EQ(columns_of("train"), 5u);
  EXPECT_EQ(columns_of("J\xC3\xBCrgen"), 6u);
  EXPECT_EQ(columns_of("\xE9\x9F\xB3\xE6\xA5\xBD"), 4u) << "two Chinese characters";
  EXPECT_EQ(columns_of("e\xCC\x81"), 1u) << "e with a combining accent";
  EXPECT_EQ(columns_of("\xF0\x9F\x8E\xB9"), 2u) << "an emoji";
  EXPECT_EQ(columns_of("\xE2\x9D\xA4\xEF\xB8\x8F"), 2u) << "a heart that is made an emoji";
  EXPECT_EQ(columns_of("caf\xE9"), 4u) << "a byte that is not UTF-8";
}

TEST(CutToColumns, KeepsWholeCharacters) {
  EXPECT_EQ(cut_to_columns("train", 10), "train");
  EXPECT_EQ(cut_to_columns("train", 3), "tra");
  EXPECT_EQ(cut_to_columns("\xE9\x9F\xB3\xE6\xA5\xBD", 3), "\xE9\x9F\xB3");
  EXPECT_EQ(cut_to_columns("e\xCC\x81x", 1), "e\xCC\x81");
  EXPECT_EQ(cut_to_columns("x", 0), "");
}

TEST(Printable, EscapesWhatCouldSteerATerminal) {
  EXPECT_EQ(printable("J\xC3\xBCrgen's \xE9\x9F\xB3"), "J\xC3\xBCrgen's \xE9\x9F\xB3");
  EXPECT_EQ(printable("a\nb\tc"), "a\\nb\\tc");
  EXPECT_EQ(printable("\x1B[2Jx"), "\\x1b[2Jx");
  EXPECT_EQ(printable("caf\xE9"), "caf\\xe9");
  EXPECT_EQ(printable("\xC2\x9Bx"), "\\xc2\\x9bx") << "a control character beyond ASCII";
  EXPECT_EQ(printable("\xE2\x80\xAEtxt"), "\\xe2\\x80\\xaetxt") << "text from right to left";
}

TEST(ShellWord, IsOneWordOfAShell) {
  EXPECT_EQ(shell_word("runs/a-1_b.c"), "runs/a-1_b.c");
  EXPECT_EQ(shell_word("my run"), "'my run'");
  EXPECT_EQ(shell_word("John's"), "'John'\\''s'");
  EXPECT_EQ(shell_word("$x`y`"), "'$x`y`'");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("\xE9\x9F\xB3"), "'\xE9\x9F\xB3'");
  EXPECT_EQ(shell_word("John's caf\xE9\\"), "$'John\\'s caf\\xe9\\\\'");
  EXPECT_EQ(shell_word("a\nb"), "$'a\\nb'");
}

TEST(IsUtf8, RefusesOverlongFormsSurrogatesAndHalfCharacters) {
  for (const char* good : {"", "abc", "\xC3\xBC", "\xF0\x9F\x8E\xB9", "\xEF\xBF\xBF"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad :
       {"\xE9", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF0\x9F\x8E", "\x80x"})
    EXPECT_FALSE(is_utf8(bad)) << printable(bad);
}

}  // namespace
}  // namespace heed
