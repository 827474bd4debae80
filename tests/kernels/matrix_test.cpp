// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "matrix_body.h"
#include <gtest/gtest.h>

namespace heed::kernels::testing {
namespace {

class Matrix : public ::testing::TestWithParam<MatrixBody (*)()> {
 protected:
  MatrixBody body = GetParam()();
  std::mt19937 random{7};

  std::vector<float> numbers(int64_t count) {
    std::vector<float> list(count);
    for (float& x : list) x = std::normal_distribution<float>()(random);
    return list;
  }

  /// Operand strides as the kernels use them: plain, transposed, skewed; panels and row-major.
  void expect_product(int rows, int columns, int depth, int64_t row, int64_t step, bool panels, bool add) {
    const int64_t c_row = columns + 3;
    const auto a = numbers(rows * row + depth * step + 1), b = numbers((columns + 16) * (depth + 16));
    const int64_t panel = panels ? 16 * depth : 16, b_row = panels ? 16 : columns;
    auto c = numbers(rows * c_row);
    const auto before = c;
    body.multiply(rows, columns, depth, {a.data(), row, step}, {b.data(), panel, b_row}, c.data(), c_row,
                  add);
    for (int i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < c_row; ++j) {
        double sum = add || j >= columns ? before[i * c_row + j] : 0;
        for (int k = 0; k < depth && j < columns; ++k) {
          sum += double{a[i * row + k * step]} * b[j / 16 * panel + k * b_row + j % 16];
        }
        ASSERT_NEAR(c[i * c_row + j], sum, 1e-4)
            << rows << " " << columns << " " << depth << " at " << i << " " << j;
      }
    }
  }
};

TEST_P(Matrix, ProductsAreRightAtEverySizeAndStride) {
  for (const int rows : {0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 64}) {
    for (const int columns : {16, 32, 48, 64, 80, 128}) {
      for (const int depth : {0, 1, 2, 17, 64}) {
        expect_product(rows, columns, depth, depth, 1, true, false);
        expect_product(rows, columns, depth, depth + 1, 1, false, true);
        expect_product(rows, columns, depth, 1, rows + 5, false, true);
      }
    }
  }
}

TEST_P(Matrix, ExponentialIsWithinThreeUnitsInTheLastPlace) {
  std::vector<float> x;
  for (float value = -87.3f; value < 88.0f; value += 0.00731f) x.push_back(value);
  while (x.size() % 16 != 0) x.push_back(0);
  std::vector<float> y(x.size());
  body.exponential(x.data(), y.data(), static_cast<int64_t>(x.size()));
  for (size_t i = 0; i < x.size(); ++i) {
    ASSERT_NEAR(y[i] / std::exp(double{x[i]}), 1, 3 * 1.2e-7) << x[i];
  }
}

TEST_P(Matrix, ExponentialOfMinusInfinityAndOfTinyIsZero) {
  std::vector<float> x(16, -std::numeric_limits<float>::infinity()), y(16, 1);
  x[3] = -88, x[5] = -1e30f, x[7] = 0;
  body.exponential(x.data(), y.data(), 16);
  for (int i = 0; i < 16; ++i) EXPECT_EQ(y[i], i == 7 ? 1 : 0) << i;
}

TEST_P(Matrix, Bfloat16RoundsToNearestEvenAndKeepsInfinitiesAndNan) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> x{1, 1.00390625f, 1.01171875f, -3.140625f, infinity, -infinity, 3.4e38f, NAN};
  std::vector<float> y(x.size());
  body.bfloat16_round_trip(x.data(), y.data(), static_cast<int64_t>(x.size()));
  EXPECT_EQ(y[0], 1);
  EXPECT_EQ(y[1], 1);          // half way: to even
  EXPECT_EQ(y[2], 1.015625f);  // half way: to even
  EXPECT_EQ(y[3], -3.140625f);
  EXPECT_EQ(y[4], infinity);
  EXPECT_EQ(y[5], -infinity);
  EXPECT_EQ(y[6], infinity);
  EXPECT_TRUE(std::isnan(y[7]));
}

INSTANTIATE_TEST_SUITE_P(Lanes, Matrix, ::testing::Values(body_4, body_8, body_16),
                         [](const auto& info) { return std::to_string(info.param().lanes); });

}  // namespace
}  // namespace heed::kernels::testing
