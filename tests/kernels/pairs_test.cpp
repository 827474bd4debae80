// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "pairs_body.h"
#include <gtest/gtest.h>

namespace heed::kernels::testing {
namespace {

/// To bfloat16, nearest even, and back.
std::vector<double> rounded(const std::vector<float>& numbers) {
  std::vector<double> list;
  for (const float x : numbers) {
    const double unit = std::ldexp(1.0, std::ilogb(x) - 7);
    list.push_back(x == 0 ? 0 : std::nearbyint(x / unit) * unit);
  }
  return list;
}

class Pairs : public ::testing::TestWithParam<PairsBody (*)()> {
 protected:
  PairsBody body = GetParam()();
  std::mt19937 random{11};

  std::vector<float> numbers(int64_t count) {
    std::vector<float> list(count);
    for (float& x : list) x = std::normal_distribution<float>()(random);
    return list;
  }

  /// Left operands as the kernels use them: rows (plain or skewed), or transposed (plain or skewed).
  void expect_product(int rows, int columns, int depth, int64_t row, int64_t step, bool panels, bool add) {
    const int64_t c_row = columns + 3, c_rows = (rows + 15) / 16 * 16;
    const auto a = numbers((rows + 16) * row + (depth + 1) * step + 1);
    const auto b = numbers((columns + 16) * (depth + 16));
    const int64_t panel = panels ? 16 * depth : 16, b_row = panels ? 16 : columns;
    auto c = numbers(c_rows * c_row);
    const auto before = c;
    body.multiply(rows, columns, depth, {a.data(), row, step}, {b.data(), panel, b_row}, c.data(), c_row,
                  add);
    const auto a_rounded = rounded(a), b_rounded = rounded(b);
    for (int i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < c_row; ++j) {
        double sum = add || j >= columns ? before[i * c_row + j] : 0;
        for (int k = 0; k < depth && j < columns; ++k) {
          sum += a_rounded[i * row + k * step] * b_rounded[j / 16 * panel + k * b_row + j % 16];
        }
        ASSERT_NEAR(c[i * c_row + j], sum, 1e-4)
            << rows << " " << columns << " " << depth << " at " << i << " " << j;
      }
    }
  }
};

TEST_P(Pairs, ProductsOfRowsAreThoseOfRoundedNumbersAtEverySize) {
  for (const int rows : {0, 1, 5, 6, 15, 16, 17, 33, 64}) {
    for (const int columns : {16, 48, 64, 80, 256}) {
      for (const int depth : {1, 2, 7, 31, 32, 33, 64, 256}) {
        expect_product(rows, columns, depth, depth, 1, true, false);
        expect_product(rows, columns, depth, depth + 1, 1, false, true);
      }
    }
  }
}

TEST_P(Pairs, ProductsOfTransposedAndOfSkewedOperandsAreThoseOfRoundedNumbers) {
  for (const int rows : {16, 32, 48, 64}) {
    for (const int columns : {16, 32, 112}) {
      for (const int depth : {1, 2, 17, 32, 63, 64}) {
        expect_product(rows, columns, depth, 1, rows + 5, false, true);
        expect_product(rows, columns, depth, 1, rows + 6, true, false);
      }
    }
  }
}

TEST_P(Pairs, NothingPastTheDepthIsRead) {
  std::vector<float> a(64 * 64, NAN), b(64 * 64, NAN), c(64 * 64, 1);
  for (int i = 0; i < 16; ++i) {
    for (int k = 0; k < 3; ++k) a[i * 64 + k] = 1, b[k * 64 + i] = 2;
  }
  body.multiply(16, 16, 3, {a.data(), 64, 1}, {b.data(), 16, 64}, c.data(), 64, false);
  for (int i = 0; i < 16; ++i) EXPECT_EQ(c[i * 64 + i], 6);
}

TEST_P(Pairs, RoundsToNearestEvenAndKeepsInfinitiesAndNan) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> x{1, 1.00390625f, 1.01171875f, -3.140625f, infinity, -infinity, 3.4e38f, NAN};
  std::vector<float> a(16 * 16), b(16 * 16), c(16 * 16);
  for (size_t i = 0; i < x.size(); ++i) a[i * 16] = x[i];
  b[0] = 1;
  body.multiply(16, 16, 1, {a.data(), 16, 1}, {b.data(), 16, 16}, c.data(), 16, false);
  const std::vector<float> expected{1, 1, 1.015625f, -3.140625f, infinity, -infinity, infinity};
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(c[i * 16], expected[i]) << i;
  EXPECT_TRUE(std::isnan(c[7 * 16]));
}

TEST_P(Pairs, ASquareOfWordsIsTransposed) {
  std::vector<uint32_t> from(16 * 20), to(16 * 24);
  for (uint32_t i = 0; i < from.size(); ++i) from[i] = i;
  body.transpose_square(from.data(), 20, to.data(), 24);
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < 16; ++j) ASSERT_EQ(to[j * 24 + i], from[i * 20 + j]);
  }
}

INSTANTIATE_TEST_SUITE_P(Emulated, Pairs, ::testing::Values(pairs_of_vectors, pairs_of_tiles),
                         [](const auto& info) { return std::string(info.param().name); });

}  // namespace
}  // namespace heed::kernels::testing
