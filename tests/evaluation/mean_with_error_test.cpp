// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/mean_with_error.h"

#include <cmath>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace heed::evaluation {
namespace {

// The share of Student's distribution between -t and t, by Simpson's rule.
double share_within(double t, double degrees) {
  const double scale =
      std::exp(std::lgamma((degrees + 1) / 2) - std::lgamma(degrees / 2)) / std::sqrt(degrees * M_PI);
  const auto density = [&](double x) { return scale * std::pow(1 + x * x / degrees, -(degrees + 1) / 2); };
  constexpr int kSteps = 4000;
  const double step = 2 * t / kSteps;
  double sum = density(-t) + density(t);
  for (int i = 1; i < kSteps; ++i) sum += (i % 2 == 1 ? 4 : 2) * density(-t + i * step);
  return sum * step / 3;
}

TEST(MeanWithError, GivesTheStandardErrorOfTheMean) {
  const MeanWithError value = mean_with_error(std::vector<double>{1, 2, 6});
  EXPECT_EQ(value.count, 3);
  EXPECT_DOUBLE_EQ(value.mean, 3);
  EXPECT_DOUBLE_EQ(value.standard_error, std::sqrt((4 + 1 + 9) / 2.0 / 3));
  EXPECT_EQ(mean_with_error(std::vector<double>{2}).standard_error, 0);
  EXPECT_EQ(mean_with_error({}).count, 0);
}

TEST(StudentT, Holds95PercentForEveryNumberOfDegrees) {
  for (int degrees = 1; degrees <= 200; ++degrees) {
    EXPECT_NEAR(share_within(student_t_95(degrees), degrees), 0.95, 1e-5) << degrees;
  }
  EXPECT_NEAR(student_t_95(1'000'000'000), 1.959964, 1e-6);
  EXPECT_THROW(student_t_95(0), std::invalid_argument);
}

TEST(HalfWidth95, IsTTimesTheStandardError) {
  EXPECT_NEAR(half_width_95({.mean = 7, .standard_error = 0.5, .count = 5}), 0.5 * 2.7764, 1e-12);
}

TEST(HalfWidth95, IsUnknownForOneValue) {
  EXPECT_TRUE(std::isnan(half_width_95(mean_with_error(std::vector<double>{2}))));
}

}  // namespace
}  // namespace heed::evaluation
