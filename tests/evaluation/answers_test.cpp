// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/answers.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace heed::evaluation {
namespace {

using Answers = std::vector<std::string>;

TEST(NormalizeAnswer, DropsCasePunctuationArticlesAndBlanks) {
  EXPECT_EQ(normalize_answer("The cat's 1.2  mice!"), "cats 12 mice");
  EXPECT_EQ(normalize_answer(" an Apple\ta\u00a0DAY\n"), "apple day");
  EXPECT_EQ(normalize_answer("$ 5, \u20ac\u00a05"), "5 \u20ac 5");
  EXPECT_EQ(normalize_answer("The"), "");
}

TEST(NormalizeAnswer, ArticlesAreWholeWords) {
  EXPECT_EQ(normalize_answer("then another theatre"), "then another theatre");
  EXPECT_EQ(normalize_answer("a-the"), "athe");           // punctuation goes first
  EXPECT_EQ(normalize_answer("a\u2013z"), "\u2013z");     // a dash beyond ASCII ends a word
  EXPECT_EQ(normalize_answer("the\u00e9"), "the\u00e9");  // a letter does not
  EXPECT_EQ(normalize_answer("a\u00b2"), "a\u00b2");      // nor does a digit of any kind
}

TEST(AnswerScore, IsExactAfterNormalizing) {
  EXPECT_EQ(answer_score("The Eiffel Tower.", Answers{"eiffel tower"}).exact_match, 1);
  EXPECT_EQ(answer_score("eiffel towers", Answers{"eiffel tower"}).exact_match, 0);
  EXPECT_EQ(answer_score("tower eiffel", Answers{"eiffel tower"}).exact_match, 0);
}

TEST(AnswerScore, F1CountsWordsAsOftenAsBothHaveThem) {
  // Of 4 words 2 are among the 3 right ones.
  EXPECT_DOUBLE_EQ(answer_score("red red blue green", Answers{"blue red yellow"}).f1,
                   2 * 0.5 * (2 / 3.0) / (0.5 + 2 / 3.0));
  EXPECT_EQ(answer_score("tower eiffel", Answers{"eiffel tower"}).f1, 1);
  EXPECT_EQ(answer_score("london", Answers{"paris"}).f1, 0);
}

TEST(AnswerScore, TakesTheBestOfEachOverTheRightAnswers) {
  const AnswerScore score = answer_score("in the kitchen", Answers{"kitchen", "in kitchen", "garden"});
  EXPECT_EQ(score.exact_match, 1);
  EXPECT_EQ(score.f1, 1);
  EXPECT_DOUBLE_EQ(answer_score("in the kitchen", Answers{"garden", "kitchen"}).f1, 2 / 3.0);
}

TEST(AnswerScore, OfNoAnswerIsRightOnlyForNoAnswer) {
  EXPECT_EQ(answer_score("", Answers{""}).f1, 1);
  EXPECT_EQ(answer_score("the", Answers{""}).exact_match, 1);
  EXPECT_EQ(answer_score("", Answers{"kitchen"}).f1, 0);
  EXPECT_EQ(answer_score("kitchen", Answers{""}).f1, 0);
}

TEST(MeanAnswerScore, IsTheMeanOverQuestions) {
  const AnswerScore mean = mean_answer_score(Answers{"kitchen", "the old hall"},
                                             std::vector<Answers>{{"kitchen"}, {"hall", "house"}});
  EXPECT_DOUBLE_EQ(mean.exact_match, 0.5);
  EXPECT_DOUBLE_EQ(mean.f1, (1 + 2 / 3.0) / 2);
}

TEST(MeanAnswerScore, RefusesNothingAndUnequalLengths) {
  EXPECT_THROW(mean_answer_score({}, {}), std::invalid_argument);
  EXPECT_THROW(mean_answer_score(Answers{"a"}, {}), std::invalid_argument);
  EXPECT_THROW(mean_answer_score(Answers{"a"}, std::vector<Answers>{{}}), std::invalid_argument);
}

}  // namespace
}  // namespace heed::evaluation
