// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/mean_with_error.h"

#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

namespace heed::evaluation {
namespace {

// Of 1 to 30 degrees of freedom.
constexpr std::array<double, 30> kStudentT{12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060,
                                           2.2622,  2.2281, 2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199,
                                           2.1098,  2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639,
                                           2.0595,  2.0555, 2.0518, 2.0484, 2.0452, 2.0423};
constexpr double kNormal = 1.959963985;

}  // namespace

MeanWithError mean_with_error(std::span<const double> values) {
  MeanWithError result;
  result.count = static_cast<int64_t>(values.size());
  if (values.empty()) return result;
  const auto count = static_cast<double>(values.size());
  result.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.standard_error = std::sqrt(squares / (count - 1) / count);
  return result;
}

double half_width_95(const MeanWithError& value) {
  if (value.count < 2) return std::numeric_limits<double>::quiet_NaN();
  return student_t_95(value.count - 1) * value.standard_error;
}

double student_t_95(int64_t degrees_of_freedom) {
  if (degrees_of_freedom < 1) {
    throw std::invalid_argument("[student_t_95] at least one degree of freedom is needed, got " +
                                std::to_string(degrees_of_freedom));
  }
  if (degrees_of_freedom <= 30) return kStudentT[static_cast<size_t>(degrees_of_freedom - 1)];
  // The Cornish-Fisher expansion about the normal distribution.
  constexpr double z = kNormal, z3 = z * z * z, z5 = z3 * z * z;
  const auto v = static_cast<double>(degrees_of_freedom);
  return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v);
}

}  // namespace heed::evaluation
