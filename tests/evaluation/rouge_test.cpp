// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/rouge.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace heed::evaluation {
namespace {

using Views = std::vector<std::string_view>;

RougeScores rouge(std::string_view hypothesis, const Views& references, const RougeOptions& options = {}) {
  return RougeScorer(options).score(hypothesis, references);
}

void expect_score(const RougeScore& score, double precision, double recall) {
  EXPECT_NEAR(score.precision, precision, 1e-12);
  EXPECT_NEAR(score.recall, recall, 1e-12);
  const double sum = precision + recall;
  EXPECT_NEAR(score.f1, sum > 0 ? 2 * precision * recall / sum : 0, 1e-12);
}

TEST(Rouge, CountsSharedWordsAndPairs) {
  const RougeScores scores = rouge("the cat the cat sat", {"the cat sat on the mat"});
  expect_score(scores.rouge1, 4 / 5.0, 4 / 6.0);  // "cat" counts once
  expect_score(scores.rouge2, 2 / 4.0, 2 / 5.0);  // the cat, cat sat
  expect_score(scores.rouge_l, 3 / 5.0, 3 / 6.0);
}

TEST(Rouge, WordsOfTheSubsequenceMayStandApart) {
  expect_score(rouge("police kill the gunman", {"police killed the gunman"}).rouge_l, 3 / 4.0, 3 / 4.0);
  expect_score(rouge("the gunman kill police", {"police killed the gunman"}).rouge_l, 2 / 4.0, 2 / 4.0);
}

// Section 3.2 of the paper: w1 w3 w5 of the first line and w1 w2 of the second make four of five words.
TEST(RougeLsum, UnitesTheSubsequencesOfAllLines) {
  const RougeScores scores = rouge("w1 w3 w8 w9 w5\nw1 w2 w6 w7 w8", {"w1 w2 w3 w4 w5"});
  expect_score(scores.rouge_lsum, 4 / 10.0, 4 / 5.0);
  expect_score(scores.rouge_l, 3 / 10.0, 3 / 5.0);
}

TEST(RougeLsum, AWordCountsOnceForEachTimeTheHypothesisHasIt) {
  expect_score(rouge("a b", {"a b\na b"}).rouge_lsum, 1, 2 / 4.0);
}

TEST(RougeLsum, IgnoresTheOrderOfLines) {
  expect_score(rouge("the end\n\nthe beginning", {"the beginning\nthe end"}).rouge_lsum, 1, 1);
}

TEST(Rouge, WordsAreLowerCaseAsciiLettersAndDigits) {
  EXPECT_EQ(rouge_words("The CAT's  3.5-inch na\u00efve \u212Aelvin_x\t\u65e5\u672c!"),
            "the cat s 3 5 inch na ve kelvin x");
  EXPECT_EQ(rouge_words("one\n\n two. \nthree"), "one\n\ntwo\nthree");
  EXPECT_EQ(rouge_words("\xff"
                        "a\xc3"),
            "a");
}

TEST(Rouge, TheStemmerLeavesWordsOfThreeLettersAlone) {
  EXPECT_EQ(rouge_words("cats was Running", {.stemmer = true}), "cat was run");
  expect_score(rouge("books ran", {"booked ran"}, {.stemmer = true}).rouge1, 1, 1);
}

TEST(Rouge, TakesTheBestReferenceForEachScore) {
  const RougeScores scores = rouge("a b c d", {"d c b a", "a b"});
  expect_score(scores.rouge1, 1, 1);
  expect_score(scores.rouge2, 1 / 3.0, 1);
  expect_score(scores.rouge_l, 2 / 4.0, 1);
}

TEST(Rouge, NothingInCommonOrEmptyIs0) {
  for (const auto& [hypothesis, reference] :
       {std::pair{"a", "b"}, {"", "b"}, {"a", ""}, {"", ""}, {"!", "!"}}) {
    const RougeScores scores = rouge(hypothesis, {reference});
    for (const RougeScore& score : {scores.rouge1, scores.rouge2, scores.rouge_l, scores.rouge_lsum}) {
      expect_score(score, 0, 0);
    }
  }
}

TEST(Rouge, AScorerForgetsTheSegmentBefore) {
  RougeScorer scorer;
  scorer.score("a b c d e f", Views{"a b c d e f"});
  expect_score(scorer.score("b x", Views{"b"}).rouge1, 1 / 2.0, 1);
}

TEST(MeanRouge, IsTheMeanOverSegments) {
  const std::vector<std::vector<std::string>> references{{"a b", "c d"}};
  const RougeScores mean = mean_rouge(std::vector<std::string>{"a b", "c"}, references);
  EXPECT_NEAR(mean.rouge1.recall, (1 + 0.5) / 2, 1e-12);
  EXPECT_NEAR(mean.rouge1.f1, (1 + 2 / 3.0) / 2, 1e-12);
  EXPECT_NEAR(mean.rouge2.f1, 0.5, 1e-12);
}

TEST(MeanRouge, RefusesNothingAndUnequalLengths) {
  EXPECT_THROW(mean_rouge({}, std::vector<std::vector<std::string>>{{}}), std::invalid_argument);
  EXPECT_THROW(mean_rouge(std::vector<std::string>{"a"}, {}), std::invalid_argument);
  EXPECT_THROW(mean_rouge(std::vector<std::string>{"a"}, std::vector<std::vector<std::string>>{{"a", "b"}}),
               std::invalid_argument);
  EXPECT_THROW(rouge("a", {}), std::invalid_argument);
}

}  // namespace
}  // namespace heed::evaluation
