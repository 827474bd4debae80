// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/classification.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace heed::evaluation {
namespace {

ConfusionMatrix matrix_of(const std::vector<std::vector<int64_t>>& rows) {
  ConfusionMatrix matrix(static_cast<int64_t>(rows.size()));
  for (size_t actual = 0; actual < rows.size(); ++actual) {
    for (size_t predicted = 0; predicted < rows.size(); ++predicted) {
      for (int64_t i = 0; i < rows[actual][predicted]; ++i) {
        matrix.add(static_cast<int64_t>(actual), static_cast<int64_t>(predicted));
      }
    }
  }
  return matrix;
}

TEST(ConfusionMatrix, CountsByActualThenPredictedClass) {
  const ConfusionMatrix matrix = matrix_of({{2, 1}, {3, 4}});
  EXPECT_EQ(matrix.count(0, 1), 1);
  EXPECT_EQ(matrix.count(1, 0), 3);
  EXPECT_EQ(matrix.total(), 10);
}

TEST(ConfusionMatrix, SumsWithAnotherOfAsManyClasses) {
  ConfusionMatrix sum = matrix_of({{2, 1}, {3, 4}});
  sum += matrix_of({{0, 5}, {0, 0}});
  EXPECT_EQ(sum.count(0, 1), 6);
  EXPECT_THROW(sum += ConfusionMatrix(3), std::invalid_argument);
}

TEST(ConfusionMatrix, RefusesClassesOutOfRange) {
  ConfusionMatrix matrix(2);
  EXPECT_THROW(matrix.add(2, 0), std::invalid_argument);
  EXPECT_THROW(matrix.add(0, -1), std::invalid_argument);
  EXPECT_THROW(matrix.count(0, 2), std::invalid_argument);
  EXPECT_THROW(ConfusionMatrix(0), std::invalid_argument);
}

TEST(ClassificationScores, AreSharesOfPredictedAndOfActualItems) {
  const ClassificationScores scores = classification_scores(matrix_of({{5, 1, 0}, {2, 3, 1}, {0, 0, 4}}));
  EXPECT_DOUBLE_EQ(scores.accuracy, 12 / 16.0);
  EXPECT_DOUBLE_EQ(scores.micro_f1, 12 / 16.0);
  EXPECT_DOUBLE_EQ(scores.classes[0].precision, 5 / 7.0);
  EXPECT_DOUBLE_EQ(scores.classes[0].recall, 5 / 6.0);
  EXPECT_DOUBLE_EQ(scores.classes[1].f1, 2 * 0.75 * 0.5 / (0.75 + 0.5));
  EXPECT_DOUBLE_EQ(scores.macro_f1, (10 / 13.0 + 0.6 + 8 / 9.0) / 3);
  EXPECT_DOUBLE_EQ(scores.majority, 6 / 16.0);
}

TEST(ClassificationScores, AClassThatIsNeverPredictedCounts0) {
  const ClassificationScores scores = classification_scores(matrix_of({{3, 0}, {1, 0}}));
  EXPECT_EQ(scores.classes[1].precision, 0);
  EXPECT_EQ(scores.classes[1].f1, 0);
  EXPECT_DOUBLE_EQ(scores.macro_f1, (6 / 7.0 + 0) / 2);
}

TEST(ClassificationScores, TheMacroMeanLeavesOutClassesThatDoNotOccur) {
  const ClassificationScores scores = classification_scores(matrix_of({{3, 1, 0}, {0, 0, 0}, {0, 0, 0}}));
  EXPECT_DOUBLE_EQ(scores.macro_f1, (6 / 7.0 + 0) / 2);
  EXPECT_EQ(scores.classes.size(), 3u);
}

TEST(ClassificationScores, RefuseNothing) {
  EXPECT_THROW(classification_scores(ConfusionMatrix(2)), std::invalid_argument);
}

}  // namespace
}  // namespace heed::evaluation
