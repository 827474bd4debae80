// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/sentence_splitter.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

using Texts = std::vector<std::string>;

Texts texts(std::string_view line, const SplitOptions& options) {
  const auto pieces = split_sentences(line, options);
  EXPECT_EQ(join_pieces(pieces), line);
  Texts all;
  for (const auto& piece : pieces) all.emplace_back(piece.text);
  return all;
}

Texts at_most(size_t characters, std::string_view line) {
  return texts(line, {.max_characters = characters, .max_words = 0});
}

TEST(SentenceSplitter, ALineThatFitsIsOnePieceAsItIs) {
  EXPECT_EQ(at_most(9, "One. Two."), (Texts{"One. Two."}));
  EXPECT_EQ(at_most(5, " a b "), (Texts{" a b "}));
  EXPECT_EQ(at_most(5, ""), (Texts{""}));
  EXPECT_EQ(texts("One. Two.", {}), (Texts{"One. Two."})) << "no limit";
}

TEST(SentenceSplitter, APieceTakesAsManyWholeSentencesAsItCanHold) {
  EXPECT_EQ(at_most(8, "One. Two."), (Texts{"One.", "Two."}));
  EXPECT_EQ(at_most(10, "One. Two.  Three. Four! Five?"), (Texts{"One. Two.", "Three.", "Four!", "Five?"}));
  EXPECT_EQ(at_most(13, "One. Two.  Three. Four! Five?"), (Texts{"One. Two.", "Three. Four!", "Five?"}));
}

TEST(SentenceSplitter, ClosingQuotesAndBracketsBelongToTheSentence) {
  EXPECT_EQ(at_most(14, "He said \"No.\" Then left."), (Texts{"He said \"No.\"", "Then left."}));
  EXPECT_EQ(at_most(16, "Sie rief „Nein!“ Und ging."), (Texts{"Sie rief „Nein!“", "Und ging."}));
  EXPECT_EQ(at_most(14, "(Really?!) Well… Yes."), (Texts{"(Really?!)", "Well… Yes."}));
}

TEST(SentenceSplitter, PointsWithinWordsEndNoSentence) {
  EXPECT_EQ(at_most(16, "It is 3.14 m long. Yes."), (Texts{"It is 3.14 m", "long. Yes."}));
}

TEST(SentenceSplitter, WideStopsNeedNoBlank) {
  EXPECT_EQ(at_most(6, "你好吗？我很好。谢谢！"), (Texts{"你好吗？", "我很好。", "谢谢！"}));
  EXPECT_EQ(at_most(8, "他说：“好。”然后走了。"), (Texts{"他说：“好。”", "然后走了。"}));
  EXPECT_EQ(at_most(6, "走了。“好吗？”"), (Texts{"走了。", "“好吗？”"})) << "a quote that opens";
  EXPECT_EQ(at_most(8, "「行く。」　「うん！」"), (Texts{"「行く。」", "「うん！」"}));
}

TEST(SentenceSplitter, ASentenceTooLongIsCutAtBlanks) {
  EXPECT_EQ(at_most(11, "one two three four. Five."), (Texts{"one two", "three four.", "Five."}));
  EXPECT_EQ(at_most(7, "Go. one two three"), (Texts{"Go.", "one two", "three"}));
}

TEST(SentenceSplitter, AWordTooLongIsCutBetweenCharacters) {
  EXPECT_EQ(at_most(3, "äöüßé a"), (Texts{"äöü", "ßé", "a"}));
  EXPECT_EQ(at_most(2, "好好好好好"), (Texts{"好好", "好好", "好"}));
  EXPECT_EQ(at_most(1, "ab c"), (Texts{"a", "b", "c"}));
}

TEST(SentenceSplitter, WordsAreCountedToo) {
  EXPECT_EQ(texts("One two. Three four five. Six.", {.max_characters = 0, .max_words = 4}),
            (Texts{"One two.", "Three four five. Six."}));
  EXPECT_EQ(texts("a b c", {.max_characters = 0, .max_words = 1}), (Texts{"a", "b", "c"}));
  EXPECT_EQ(texts("aaaa b c", {.max_characters = 3, .max_words = 1}), (Texts{"aaa", "a", "b", "c"}));
}

TEST(SentenceSplitter, AMeasureOfOnesOwnDecides) {
  const auto half = [](std::string_view word) { return (word.size() + 1) / 2; };
  const auto costing = [&](size_t most, std::string_view line) {
    return texts(line, {.max_cost = most, .cost = half});
  };
  EXPECT_EQ(costing(4, "One. Two. Three."), (Texts{"One. Two.", "Three."}));
  EXPECT_EQ(costing(20, "One. Two."), (Texts{"One. Two."}));
  EXPECT_EQ(costing(3, "one two. abcdef"), (Texts{"one", "two.", "abcdef"}));
  for (const auto& piece : costing(3, "Eins. abcdefghijklmnopqrstuvwxyz zwei"))
    EXPECT_LE(half(piece), 3U) << piece;
  EXPECT_EQ(costing(1, "äöü"), (Texts{"ä", "ö", "ü"}));
}

TEST(SentenceSplitter, BlanksAreKeptAsSeparators) {
  const auto pieces = split_sentences("  One.\t Two. ", {.max_characters = 7, .max_words = 0});
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[0].text, "  One.");
  EXPECT_EQ(pieces[0].separator, "\t ");
  EXPECT_EQ(pieces[1].separator, " ");
  EXPECT_EQ(at_most(2, "     a"), (Texts{"", "a"})) << "blanks alone are no text";
  EXPECT_EQ(at_most(2, "     "), (Texts{""}));
}

Texts sentences(std::string_view line, const std::string& language = "") {
  SplitOptions options;
  options.gather = Gather::kOne;
  options.language = language;
  return texts(line, options);
}

TEST(SentenceSplitter, EachSentenceAloneWhereThatIsAsked) {
  EXPECT_EQ(sentences("One. Two two?  Three!"), (Texts{"One.", "Two two?", "Three!"}));
  EXPECT_EQ(sentences("no stop at all"), (Texts{"no stop at all"}));
  EXPECT_EQ(sentences("i am here. where are you?"), (Texts{"i am here.", "where are you?"}))
      << "as many write";
  EXPECT_EQ(sentences("你好吗？我很好。"), (Texts{"你好吗？", "我很好。"}));
  EXPECT_EQ(sentences(""), (Texts{""}));
}

TEST(SentenceSplitter, AbbreviationsEndNoSentence) {
  for (const auto* line :
       {"I met Mr. Smith and Dr. Jones.", "The U.S. Army left.", "See e.g. Smith et al.",
        "J. S. Bach wrote it.", "No. 5 is alive.", "Born on Dec. 5 in Rome.", "At 5 p.m. he left."})
    EXPECT_EQ(sentences(line, "en"), (Texts{line}));
  for (const auto* line : {"Das ist z. B. gut.", "Das ist z.B. gut.", "Am 3. Oktober kam Hr. Meier.",
                           "Ludwig XIV. war da.", "Vgl. Abb. 3 und S. 5.", "Rund 5 Mio. Euro."})
    EXPECT_EQ(sentences(line, "de"), (Texts{line}));
  EXPECT_EQ(sentences("M. Dupont est l\u00E0.", "fr"), (Texts{"M. Dupont est l\u00E0."}));
  EXPECT_EQ(sentences("Mr. Smith z. B. knows Sra. Diaz."), (Texts{"Mr. Smith z. B. knows Sra. Diaz."}))
      << "of every language";
  EXPECT_EQ(sentences("\u201EDr. Faust\u201C kam.", "de_DE"), (Texts{"\u201EDr. Faust\u201C kam."}));
}

TEST(SentenceSplitter, WhatOnlyLooksLikeAnAbbreviationEndsOne) {
  EXPECT_EQ(sentences("Come at 5 p.m. He left.", "en"), (Texts{"Come at 5 p.m.", "He left."}));
  EXPECT_EQ(sentences("Apples etc. They rot.", "en"), (Texts{"Apples etc.", "They rot."}));
  EXPECT_EQ(sentences("Say no. I do.", "en"), (Texts{"Say no.", "I do."}));
  EXPECT_EQ(sentences("It was in 1990. He died.", "en"), (Texts{"It was in 1990.", "He died."}));
  EXPECT_EQ(sentences("It is 5. He left.", "en"), (Texts{"It is 5.", "He left."})) << "no ordinal in English";
  EXPECT_EQ(sentences("Das war 1990. Er starb.", "de"), (Texts{"Das war 1990.", "Er starb."}));
  EXPECT_EQ(sentences("You and I. We both.", "en"), (Texts{"You and I.", "We both."}));
}

TEST(SentenceSplitter, ASmallLetterGoesOnBehindQuotesAndEllipses) {
  EXPECT_EQ(sentences("\u201ENein!\u201C sagte er. Gut."), (Texts{"\u201ENein!\u201C sagte er.", "Gut."}));
  EXPECT_EQ(sentences("Well... yes. Well... Yes."), (Texts{"Well... yes.", "Well...", "Yes."}));
  EXPECT_EQ(sentences("Well\u2026 yes."), (Texts{"Well\u2026 yes."}));
}

TEST(SentenceSplitter, ASentenceHoldsALetter) {
  EXPECT_EQ(sentences("1. One thing. 2. Another."), (Texts{"1. One thing.", "2. Another."}));
  EXPECT_EQ(sentences("?! ... Yes. !!"), (Texts{"?! ... Yes.", "!!"}));
}

TEST(SentenceSplitter, SentencesShareAPieceUpToTheUsualCost) {
  const auto costing = [](std::string_view line) {
    SplitOptions options;
    options.max_cost = 8;
    options.usual_cost = 4;
    options.cost = [](std::string_view) { return size_t{1}; };
    std::vector<std::pair<std::string, bool>> pieces;
    for (const auto& piece : split_sentences(line, options)) pieces.emplace_back(piece.text, piece.cut);
    return pieces;
  };
  using Cut = std::vector<std::pair<std::string, bool>>;
  EXPECT_EQ(costing("aa bb. cc dd. ee ff."), (Cut{{"aa bb. cc dd.", false}, {"ee ff.", false}}));
  EXPECT_EQ(costing("aa bb cc dd ee ff. gg."), (Cut{{"aa bb cc dd ee ff.", false}, {"gg.", false}}))
      << "one alone may cost more";
  EXPECT_EQ(costing("aa. bb cc dd ee ff gg hh ii jj. kk."),
            (Cut{{"aa.", false}, {"bb cc dd ee ff gg hh ii", true}, {"jj. kk.", false}}));
}

TEST(SentenceSplitter, AnyTextComesBackAndEveryPieceFits) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const std::vector<std::string> parts{
      "a", "bc", "é",  "好",   "。",       ".", "!",   " ",  "  ",           "\"",
      "”", "“",  "」", "\xFF", "\xE2\x82", "…", "3.1", "\t", "\xE3\x80\x80", "\xC2\xA0"};
  for (int round = 0; round < 2000; ++round) {
    std::string line;
    for (size_t i = random() % 40; i > 0; --i) line += parts[random() % parts.size()];
    SplitOptions options{.max_characters = random() % 12, .max_words = random() % 4};
    if (random() % 2 == 0) options.gather = Gather::kOne;
    for (const auto& text : texts(line, options)) {
      if (options.max_characters != 0) {
        EXPECT_LE(count_characters(text), options.max_characters) << line;
      }
      if (options.max_words != 0) {
        EXPECT_LE(count_words(text), options.max_words) << line;
      }
    }
  }
}

TEST(SentenceSplitter, AMegabyteIsSplitAtOnce) {
  std::string line;
  while (line.size() < 1 << 20) line += "word ";
  EXPECT_EQ(at_most(499, line).size(), (line.size() + 499) / 500);
  EXPECT_EQ(at_most(10, std::string(1 << 20, 'x')).size(), (size_t{1} << 20) / 10 + 1);
  EXPECT_EQ(sentences(line).size(), 1U);
  std::string many;
  while (many.size() < 1 << 20) many += "Word. ";
  EXPECT_EQ(sentences(many).size(), many.size() / 6);
}

}  // namespace
}  // namespace heed::text
