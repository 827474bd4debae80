// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// Scores of predicted numbers.
namespace heed::evaluation {

/// Errors of one target over the rows where it is known.
struct NumberScore {
  double mae = 0;   ///< mean absolute error
  double rmse = 0;  ///< root of the mean squared error
  double r2 = 0;    ///< 1 - squared error / squared error of the mean of the rows; 0 where they are all equal
  int64_t rows = 0;
};

/// Scores of each target. Both are [rows, targets], row by row; NaN in `actual` is not known and not scored. Throws
/// std::invalid_argument for other sizes, and for a target that no row has.
std::vector<NumberScore> number_scores(std::span<const double> predicted, std::span<const double> actual,
                                       size_t targets);

/// The chemical accuracy of a property of QM9 in the unit that the data set has it in (Gilmer et al. 2017, arXiv:1704.01212,
/// table 5; energies: 0.043 eV in Hartree): of mu, alpha, homo, lumo, gap, r2, zpve, u0, u298, h298, g298, cv and omega1. 0 for
/// other names.
double chemical_accuracy(const std::string& property);

}  // namespace heed::evaluation
