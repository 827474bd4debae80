// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/chrf.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace heed::evaluation {
namespace {

using Views = std::vector<std::string_view>;

constexpr ChrfOptions kPlusPlus{.word_order = 2};

std::vector<int64_t> matches(std::string_view hypothesis, std::string_view reference,
                             const ChrfOptions& options) {
  std::vector<int64_t> of_orders;
  for (const auto& order : ChrfCounter(options).count(hypothesis, Views{reference}).orders) {
    of_orders.push_back(order.matches);
  }
  return of_orders;
}

TEST(Chrf, CountsCharacterNgramsWithoutSpace) {
  // "abcd" and "abed": a, b, d and "ab" agree.
  EXPECT_EQ(matches("ab cd", "abed", {.char_order = 3}), (std::vector<int64_t>{3, 1, 0}));
  EXPECT_EQ(matches("ab cd", "ab ed", {.char_order = 3, .whitespace = true}),
            (std::vector<int64_t>{4, 2, 1}));
}

TEST(Chrf, CharactersAreCodePoints) {
  EXPECT_EQ(matches("ä👍中", "ä👍中", {.char_order = 4}), (std::vector<int64_t>{3, 2, 1, 0}));
}

TEST(Chrf, WeighsRecallBetaSquaredTimes) {
  // Of 4 characters 3 agree with 3 of 6: precision 3/4, recall 1/2.
  const ChrfOptions options{.char_order = 1};
  EXPECT_NEAR(sentence_chrf("abcx", Views{"abcdef"}, options), 100 * 5 * 0.75 * 0.5 / (4 * 0.75 + 0.5),
              1e-10);
  const ChrfOptions even{.char_order = 1, .beta = 1};
  EXPECT_NEAR(sentence_chrf("abcx", Views{"abcdef"}, even), 100 * 2 * 0.75 * 0.5 / (0.75 + 0.5), 1e-10);
}

TEST(Chrf, LeavesOutOrdersThatOneSideIsTooShortFor) {
  EXPECT_NEAR(sentence_chrf("ab", Views{"ab"}), 100, 1e-10);
  EXPECT_NEAR(sentence_chrf("ab", Views{"ab"}, {.eps_smoothing = true}), 100 * 2 / 6.0, 1e-6);
}

TEST(Chrf, NothingInCommonOrEmptyIs0) {
  EXPECT_EQ(sentence_chrf("abc", Views{"xyz"}), 0);
  EXPECT_EQ(sentence_chrf("", Views{"xyz"}), 0);
  EXPECT_EQ(sentence_chrf("abc", Views{""}), 0);
  EXPECT_EQ(sentence_chrf("", Views{""}), 0);
  EXPECT_LT(sentence_chrf("abc", Views{"xyz"}, {.eps_smoothing = true}), 1e-10);
}

TEST(ChrfPlusPlus, PartsOneMarkFromTheEndOfAWordElseFromItsBeginning) {
  const ChrfOptions words{.char_order = 0, .word_order = 1};
  EXPECT_EQ(matches("(hi) 'yes no! .", "( hi ) ' yes no ! .", words),
            (std::vector<int64_t>{6}));                                             // "(hi" stays
  EXPECT_EQ(matches("no!! “ja”", "no! ! “ja”", words), (std::vector<int64_t>{2}));  // "no!" "!" "“ja”"
}

TEST(ChrfPlusPlus, AddsWordOrdersToTheCharacters) {
  EXPECT_EQ(matches("a b c", "a b d", kPlusPlus), (std::vector<int64_t>{2, 1, 0, 0, 0, 0, 2, 1}));
}

TEST(Chrf, TakesTheReferenceWithTheBestScore) {
  const Views references{"quite another", "the same text", "the sane text"};
  EXPECT_NEAR(sentence_chrf("the same text", references), 100, 1e-10);
}

TEST(Chrf, LowercaseFoldsBothSides) {
  EXPECT_LT(sentence_chrf("ÄÖÜ ΟΔΟΣ", Views{"äöü οδος"}), 1);
  EXPECT_NEAR(sentence_chrf("ÄÖÜ ΟΔΟΣ", Views{"äöü οδος"}, {.lowercase = true}), 100, 1e-10);
}

TEST(Chrf, StatisticsAddUpToTheCorpus) {
  const std::vector<std::string> hypotheses{"the cat sat", "", "on a mat"};
  const std::vector<std::vector<std::string>> references{{"the cat sits", "here", "on the mat"},
                                                         {"a cat sat", "there", "on mats"}};
  ChrfCounter counter(kPlusPlus);
  ChrfStatistics total;
  for (size_t i = 0; i < 3; ++i) {
    total += counter.count(hypotheses[i], Views{references[0][i], references[1][i]});
  }
  EXPECT_EQ(chrf_score(total, kPlusPlus), corpus_chrf(hypotheses, references, kPlusPlus));
  EXPECT_EQ(chrf_score({}), 0);
}

TEST(Chrf, RefusesAMissingReferenceUnequalLengthsAndOrdersThatMeanNothing) {
  EXPECT_THROW(sentence_chrf("a", Views{}), std::invalid_argument);
  const std::vector<std::vector<std::string>> references{{"a", "b"}};
  EXPECT_THROW(corpus_chrf(std::vector<std::string>{"a"}, references), std::invalid_argument);
  EXPECT_THROW(ChrfCounter({.char_order = 0}), std::invalid_argument);
  EXPECT_THROW(ChrfCounter({.word_order = -1}), std::invalid_argument);
  EXPECT_THROW(ChrfCounter({.beta = 0}), std::invalid_argument);
}

TEST(Chrf, PrintsSacrebleusLineAndSignature) {
  EXPECT_EQ(format_chrf(59.7345, kPlusPlus), "chrF2++ = 59.73");
  EXPECT_EQ(format_chrf(59.7345, {}, "nrefs:1", 1), "chrF2|nrefs:1 = 59.7");
  EXPECT_EQ(chrf_signature(kPlusPlus, 2).find("nrefs:2|case:mixed|eff:yes|nc:6|nw:2|space:no|version:heed-"),
            0u);
}

}  // namespace
}  // namespace heed::evaluation
