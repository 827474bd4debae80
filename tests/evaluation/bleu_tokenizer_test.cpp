// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/bleu_tokenizer.h"

#include "tests/core/expect_error.h"
#include <gtest/gtest.h>

#include "heed/core/error.h"
#include "heed/evaluation/unicode_text.h"

namespace heed::evaluation {
namespace {

std::string joined(std::string_view line, BleuTokenizer tokenizer) {
  const std::u32string tokenized = tokenize(code_points(line), tokenizer);
  std::string text;
  for (const std::u32string_view token : split(tokenized)) text += (text.empty() ? "" : " ") + to_utf8(token);
  return text;
}

std::string with_13a(std::string_view line) {
  return joined(line, BleuTokenizer::k13a);
}
std::string with_intl(std::string_view line) {
  return joined(line, BleuTokenizer::kIntl);
}

TEST(Tokenizer13a, PartsPunctuationButKeepsNumbersAndApostrophes) {
  EXPECT_EQ(with_13a("Hello, world (it's) 1,000.5!"), "Hello , world ( it's ) 1,000.5 !");
  EXPECT_EQ(with_13a(".5 and 5."), ". 5 and 5 .");
  EXPECT_EQ(with_13a("1.a,2"), "1 . a , 2");
}

TEST(Tokenizer13a, PartsAHyphenAfterADigitOnly) {
  EXPECT_EQ(with_13a("1990-95 well-known x-1"), "1990 - 95 well-known x-1");
}

TEST(Tokenizer13a, RunsOfFullStopsAreSingleTokens) {
  for (const size_t count : {2, 3, 4, 5}) {
    std::string expected = "a";
    for (size_t i = 0; i < count; ++i) expected += " .";
    EXPECT_EQ(with_13a("a" + std::string(count, '.')), expected);
  }
}

TEST(Tokenizer13a, ReadsFourEntitiesOnceEachInOrder) {
  EXPECT_EQ(with_13a("&quot;a&quot; &amp; &lt;b&gt;"), "\" a \" & < b >");
  EXPECT_EQ(with_13a("&amp;lt; &amp;quot; &apos;"), "< & quot ; & apos ;");
}

TEST(Tokenizer13a, JoinsWordsBrokenAtALineEnd) {
  EXPECT_EQ(with_13a("bro-\nken line\nend<skipped>s"), "broken line ends");
}

TEST(Tokenizer13a, LeavesPunctuationBeyondAsciiInItsWord) {
  EXPECT_EQ(with_13a("„Ja“, 你好。"), "„Ja“ , 你好。");
}

TEST(TokenizerIntl, PartsUnicodePunctuationAndSymbols) {
  EXPECT_EQ(with_intl("„Ja“, 你好。 5€ a+b 👍ok"), "„ Ja “ , 你好 。 5 € a + b 👍 ok");
}

TEST(TokenizerIntl, KeepsPunctuationBetweenNumbersOfAnyScript) {
  EXPECT_EQ(with_intl("1,000.5 ٣.٤ ½-⅓ 1.a"), "1,000.5 ٣.٤ ½-⅓ 1 . a");
}

TEST(TokenizerIntl, AFullStopAfterALastNumberStays) {
  EXPECT_EQ(with_intl("in 1999."), "in 1999.");
  EXPECT_EQ(with_intl("in 1999. Then"), "in 1999 . Then");
}

TEST(TokenizerChar, CutsBetweenCodePoints) {
  EXPECT_EQ(joined("ab é\u0301中 👍", BleuTokenizer::kChar), "a b é \u0301 中 👍");
}

TEST(TokenizerNone, ChangesNothing) {
  EXPECT_EQ(joined("a, b. &amp;", BleuTokenizer::kNone), "a, b. &amp;");
}

TEST(BleuTokenizer, HasSacrebleusNames) {
  for (const char* known : {"13a", "intl", "char", "none"}) EXPECT_EQ(name(bleu_tokenizer(known)), known);
  EXPECT_THAT(error_of(ErrorKind::kUsage, [&] { bleu_tokenizer("zh"); }),
              ::testing::HasSubstr("unknown tokenizer 'zh'; use 13a"));
}

}  // namespace
}  // namespace heed::evaluation
