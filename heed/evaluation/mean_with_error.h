// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace heed::evaluation {

/// A mean over independent values (pieces, seeds) and its standard error (0 for fewer than two values).
struct MeanWithError {
  double mean = 0, standard_error = 0;
  int64_t count = 0;
};
MeanWithError mean_with_error(std::span<const double> values);

/// Returns the half width of the 95 % confidence interval of the mean, by Student's t with count - 1 degrees
/// of freedom: for 5 values 2.776 standard errors, for many 1.960. NaN for fewer than two values, which JSON
/// shows as null.
double half_width_95(const MeanWithError& value);

/// Returns t such that 95 % of Student's distribution lie between -t and t, within 1e-4. Throws std::invalid_argument for less than one degree of freedom.
double student_t_95(int64_t degrees_of_freedom);

}  // namespace heed::evaluation
