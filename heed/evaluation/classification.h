// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// Scores of classifiers that give each item one class, equal to scikit-learn's. All lie between 0 and 1.
namespace heed::evaluation {

/// Counts how often items of each class were given each class. Classes are numbers from 0.
class ConfusionMatrix {
 public:
  /// Throws std::invalid_argument for less than one class.
  explicit ConfusionMatrix(int64_t classes);

  /// Throws std::invalid_argument for a class out of range.
  void add(int64_t actual, int64_t predicted);
  /// Adds the counts of a matrix of as many classes; throws std::invalid_argument for another number.
  ConfusionMatrix& operator+=(const ConfusionMatrix& other);

  int64_t classes() const { return classes_; }
  int64_t count(int64_t actual, int64_t predicted) const { return counts_.at(place(actual, predicted)); }
  int64_t total() const;

 private:
  size_t place(int64_t actual, int64_t predicted) const;

  int64_t classes_;
  std::vector<int64_t> counts_;  // [actual, predicted]
};

/// Scores of one class; 0 where there is nothing to divide by.
struct ClassScore {
  double precision = 0;  ///< share of the items that were given this class which are of it
  double recall = 0;     ///< share of the items of this class that were given it
  double f1 = 0;         ///< harmonic mean of both
  int64_t actual = 0, predicted = 0, correct = 0;  ///< numbers of items
};

struct ClassificationScores {
  double accuracy = 0;
  double macro_f1 = 0;  ///< mean F1 of the classes that occur, as actual ones or as predicted ones
  double micro_f1 = 0;  ///< F1 of all decisions together; with one class for each item it is the accuracy
  double majority = 0;  ///< accuracy of giving every item the most frequent class
  std::vector<ClassScore> classes;
};

/// Throws std::invalid_argument for a matrix without items.
ClassificationScores classification_scores(const ConfusionMatrix& matrix);

}  // namespace heed::evaluation
