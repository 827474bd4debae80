// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/positions.h"

#include <cmath>

#include <gtest/gtest.h>

#include <ATen/ops/arange.h>

namespace heed::nn {
namespace {

TEST(SinusoidalPositions, AreTheFormulaOfThePaper) {
  const at::Tensor encoded = sinusoidal_positions(at::arange(7), 6);
  for (int64_t position = 0; position < 7; ++position) {
    for (int64_t pair = 0; pair < 3; ++pair) {
      const double angle =
          static_cast<double>(position) / std::pow(10000.0, static_cast<double>(2 * pair) / 6.0);
      EXPECT_NEAR(encoded[position][2 * pair].item<double>(), std::sin(angle), 1e-6);
      EXPECT_NEAR(encoded[position][2 * pair + 1].item<double>(), std::cos(angle), 1e-6);
    }
  }
}

TEST(SinusoidalPositions, ProductsDependOnDistanceAlone) {
  const at::Tensor encoded = sinusoidal_positions(at::arange(40), 32).to(at::kDouble);
  const auto product = [&](int64_t i, int64_t j) { return (encoded[i] * encoded[j]).sum().item<double>(); };
  EXPECT_NEAR(product(3, 8), product(30, 35), 1e-4);
  EXPECT_NEAR(product(0, 17), product(20, 37), 1e-4);
}

TEST(SinusoidalPositions, RefuseAnOddWidth) {
  EXPECT_THROW(sinusoidal_positions(at::arange(3), 5), c10::Error);
}

}  // namespace
}  // namespace heed::nn
