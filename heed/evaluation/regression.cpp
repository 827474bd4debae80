// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/regression.h"

#include <cmath>
#include <map>
#include <stdexcept>

namespace heed::evaluation {
namespace {

constexpr double kElectronVolt = 1 / 27.211386245988;  ///< in Hartree

NumberScore score(std::span<const double> predicted, std::span<const double> actual, size_t target,
                  size_t targets) {
  NumberScore found;
  double absolute = 0, squared = 0, sum = 0, sum_of_squares = 0;
  for (size_t i = target; i < actual.size(); i += targets) {
    if (std::isnan(actual[i])) continue;
    const double error = predicted[i] - actual[i];
    absolute += std::abs(error);
    squared += error * error;
    sum += actual[i];
    ++found.rows;
  }
  if (found.rows == 0) throw std::invalid_argument("a target is not known in any row");
  const auto rows = static_cast<double>(found.rows);
  for (size_t i = target; i < actual.size(); i += targets) {
    if (std::isnan(actual[i])) continue;
    const double distance = actual[i] - sum / rows;
    sum_of_squares += distance * distance;
  }
  found.mae = absolute / rows;
  found.rmse = std::sqrt(squared / rows);
  found.r2 = sum_of_squares > 0 ? 1 - squared / sum_of_squares : 0;
  return found;
}

}  // namespace

std::vector<NumberScore> number_scores(std::span<const double> predicted, std::span<const double> actual,
                                       size_t targets) {
  if (targets == 0 || predicted.size() != actual.size() || actual.size() % targets != 0)
    throw std::invalid_argument("predicted and actual numbers have different sizes");
  std::vector<NumberScore> scores;
  for (size_t target = 0; target < targets; ++target)
    scores.push_back(score(predicted, actual, target, targets));
  return scores;
}

double chemical_accuracy(const std::string& property) {
  constexpr double kEnergy = 0.043 * kElectronVolt;
  static const std::map<std::string, double> known{{"mu", 0.1},
                                                   {"alpha", 0.1},
                                                   {"homo", kEnergy},
                                                   {"lumo", kEnergy},
                                                   {"gap", kEnergy},
                                                   {"r2", 1.2},
                                                   {"zpve", 0.0012 * kElectronVolt},
                                                   {"u0", kEnergy},
                                                   {"u298", kEnergy},
                                                   {"h298", kEnergy},
                                                   {"g298", kEnergy},
                                                   {"cv", 0.05},
                                                   {"omega1", 10}};
  const auto found = known.find(property);
  return found == known.end() ? 0 : found->second;
}

}  // namespace heed::evaluation
