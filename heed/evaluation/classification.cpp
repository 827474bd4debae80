// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/classification.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string>

namespace heed::evaluation {
namespace {

double ratio(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

ClassScore class_score(const ConfusionMatrix& matrix, int64_t c) {
  ClassScore score;
  for (int64_t other = 0; other < matrix.classes(); ++other) {
    score.actual += matrix.count(c, other);
    score.predicted += matrix.count(other, c);
  }
  score.correct = matrix.count(c, c);
  score.precision = ratio(score.correct, score.predicted);
  score.recall = ratio(score.correct, score.actual);
  score.f1 = ratio(2 * score.correct, score.predicted + score.actual);
  return score;
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(int64_t classes) : classes_(classes) {
  if (classes < 1) {
    throw std::invalid_argument("[ConfusionMatrix] at least one class is needed, got " +
                                std::to_string(classes));
  }
  counts_.resize(static_cast<size_t>(classes * classes));
}

size_t ConfusionMatrix::place(int64_t actual, int64_t predicted) const {
  for (const int64_t c : {actual, predicted}) {
    if (c >= 0 && c < classes_) continue;
    throw std::invalid_argument("[ConfusionMatrix] class " + std::to_string(c) + " of " +
                                std::to_string(classes_));
  }
  return static_cast<size_t>(actual * classes_ + predicted);
}

void ConfusionMatrix::add(int64_t actual, int64_t predicted) {
  ++counts_[place(actual, predicted)];
}

ConfusionMatrix& ConfusionMatrix::operator+=(const ConfusionMatrix& other) {
  if (classes_ != other.classes_) {
    throw std::invalid_argument("[ConfusionMatrix] " + std::to_string(other.classes_) +
                                " classes cannot be added to " + std::to_string(classes_));
  }
  std::transform(counts_.begin(), counts_.end(), other.counts_.begin(), counts_.begin(), std::plus<>());
  return *this;
}

int64_t ConfusionMatrix::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), int64_t{0});
}

ClassificationScores classification_scores(const ConfusionMatrix& matrix) {
  const int64_t total = matrix.total();
  if (total == 0) throw std::invalid_argument("[classification_scores] no item");
  ClassificationScores scores;
  int64_t correct = 0, most = 0, present = 0;
  for (int64_t c = 0; c < matrix.classes(); ++c) {
    const ClassScore& score = scores.classes.emplace_back(class_score(matrix, c));
    correct += score.correct;
    most = std::max(most, score.actual);
    present += score.actual + score.predicted > 0;
    scores.macro_f1 += score.f1;
  }
  scores.accuracy = scores.micro_f1 = ratio(correct, total);
  scores.macro_f1 /= static_cast<double>(present);
  scores.majority = ratio(most, total);
  return scores;
}

}  // namespace heed::evaluation
