// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <tuple>
#include <vector>

#include "gemm_body.h"
#include <gtest/gtest.h>

namespace heed::kernels::testing {
namespace {

using Numbers = std::vector<float>;

/// A product with room around every operand, so that what is read or written beside it shows.
struct Product {
  int64_t rows, columns, depth;
  bool left_transposed = false, right_transposed = false, bias = true, add = false;
};

/// Rounded to bfloat16, to nearest, ties to even.
float rounded(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  return std::bit_cast<float>((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000);
}

/// For each width of vectors and both types of the right operand.
class Gemm : public ::testing::TestWithParam<std::tuple<GemmKernels (*)(), bool>> {
 protected:
  GemmKernels kernels = std::get<0>(GetParam())();
  const bool bfloat16 = std::get<1>(GetParam());
  const GemmOfType gemm = bfloat16 ? kernels.bfloat16 : kernels.float32;
  std::mt19937 random{11};

  static int64_t strips(int64_t columns) { return (columns + kGemmStrip - 1) / kGemmStrip; }

  Numbers numbers(int64_t count) {
    Numbers list(static_cast<size_t>(count));
    for (float& x : list) x = std::normal_distribution<float>()(random);
    return list;
  }

  Numbers pack(const GemmMatrix& right, const Product& p) {
    const int64_t size =
        bfloat16 ? packed_bfloat16_size(p.depth, p.columns) / 2 : packed_size(p.depth, p.columns);
    Numbers packed(static_cast<size_t>(size + 1), -7.0f);
    gemm.pack(right, p.depth, p.columns, 0, strips(p.columns), packed.data());
    EXPECT_EQ(packed[size], -7.0f);
    return packed;
  }

  Numbers scratch() { return Numbers(static_cast<size_t>(kernels.scratch)); }

  void expect_right(const Product& p) {
    const int64_t result_row = p.columns + 3;
    const Numbers a = numbers(p.rows * p.depth), b = numbers(p.depth * p.columns), bias = numbers(p.columns);
    const GemmMatrix left =
        p.left_transposed ? GemmMatrix{a.data(), 1, p.rows} : GemmMatrix{a.data(), p.depth, 1};
    const GemmMatrix right =
        p.right_transposed ? GemmMatrix{b.data(), 1, p.depth} : GemmMatrix{b.data(), p.columns, 1};
    const Numbers packed = pack(right, p);
    Numbers result = numbers(p.rows * result_row), space = scratch();
    const Numbers before = result;
    gemm.multiply({p.columns, p.depth, left, packed.data(), p.bias ? bias.data() : nullptr, result.data(),
                   result_row, p.add},
                  0, p.rows, 0, strips(p.columns), space.data());
    for (int64_t i = 0; i < p.rows; ++i) {
      for (int64_t j = 0; j < result_row; ++j) {
        const bool inside = j < p.columns;
        double sum = !inside || p.add ? before[i * result_row + j] : p.bias ? bias[j] : 0;
        for (int64_t k = 0; k < p.depth && inside; ++k) {
          const float weight = right.data[k * right.row + j * right.column];
          sum += double{left.data[i * left.row + k * left.column]} * (bfloat16 ? rounded(weight) : weight);
        }
        ASSERT_NEAR(result[i * result_row + j], sum, 1e-5 * (4 + std::sqrt(p.depth)))
            << p.rows << " x " << p.depth << " x " << p.columns << " at " << i << ", " << j;
      }
    }
  }
};

TEST_P(Gemm, IsRightAtEverySizeAndStride) {
  for (const int64_t rows : {1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 50}) {
    for (const int64_t columns : {1, 15, 16, 17, 33, 64, 70, 100, 135}) {
      for (const int64_t depth : {1, 2, 7, 64}) {
        expect_right({rows, columns, depth});
        expect_right({rows, columns, depth, true, true});
      }
    }
  }
}

TEST_P(Gemm, IsRightOverSeveralBlocksOfRowsAndDepth) {
  for (const int64_t depth : {255, 256, 257, 600}) {
    for (const int64_t rows : {47, 48, 49, 143, 144, 145, 290}) {
      expect_right({rows, 19, depth, rows % 2 == 0, depth % 2 == 0});
    }
  }
}

TEST_P(Gemm, AddsToWhatIsThereAndDoesWithoutBias) {
  for (const int64_t columns : {5, 16, 70}) {
    expect_right({7, columns, 300, false, false, false, false});
    expect_right({7, columns, 300, true, false, false, true});
  }
}

TEST_P(Gemm, GivesTheSameBitsForPartsAsForTheWhole) {
  const Product p{31, 100, 700};
  const Numbers a = numbers(p.rows * p.depth), b = numbers(p.depth * p.columns), bias = numbers(p.columns);
  const Numbers packed = pack({b.data(), p.columns, 1}, p);
  Numbers whole(p.rows * p.columns), parts(p.rows * p.columns), slices(p.rows * p.columns), space = scratch();
  GemmProblem problem{p.columns,    p.depth,  {a.data(), p.depth, 1}, packed.data(), bias.data(),
                      whole.data(), p.columns};
  gemm.multiply(problem, 0, p.rows, 0, 2, nullptr);
  problem.result = parts.data();
  for (int64_t row = 0; row < p.rows; ++row) {
    gemm.multiply(problem, row, row + 1, 0, 1, nullptr);
    gemm.multiply(problem, row, row + 1, 1, 2, nullptr);
  }
  EXPECT_EQ(parts, whole);
  problem.result = slices.data();
  for (int64_t k = 0; k < p.depth; k += 2 * kGemmDepth) {
    Product slice = p;
    slice.depth = std::min(2 * kGemmDepth, p.depth - k);
    const Numbers some = pack({b.data() + k * p.columns, p.columns, 1}, slice);
    problem.depth = slice.depth;
    problem.left.data = a.data() + k;
    problem.packed = some.data();
    problem.add = k > 0;
    gemm.multiply(problem, 0, p.rows, 0, 2, nullptr);
  }
  EXPECT_EQ(slices, whole);
}

TEST_P(Gemm, KeepsNotANumberInItsRow) {
  const Product p{9, 20, 5};
  Numbers a(p.rows * p.depth, 1.0f);
  const Numbers b(p.depth * p.columns, 1.0f), packed = pack({b.data(), p.columns, 1}, p);
  a[4 * p.depth + 2] = NAN;
  Numbers result(p.rows * p.columns);
  gemm.multiply(
      {p.columns, p.depth, {a.data(), p.depth, 1}, packed.data(), nullptr, result.data(), p.columns}, 0,
      p.rows, 0, 1, nullptr);
  for (int64_t i = 0; i < p.rows; ++i) {
    for (int64_t j = 0; j < p.columns; ++j) EXPECT_EQ(std::isnan(result[i * p.columns + j]), i == 4);
  }
}

TEST_P(Gemm, GivesARowTheSameBitsBesideAnyNumberOfRows) {
  for (const int64_t columns : {1, 15, 17, 47, 100}) {
    for (const int64_t depth : {1, 257, 600}) {
      const Product p{40, columns, depth};
      const Numbers a = numbers(p.rows * depth), b = numbers(depth * columns),
                    packed = pack({b.data(), columns, 1}, p);
      Numbers whole(p.rows * columns), some(p.rows * columns);
      GemmProblem problem{columns,      depth,  {a.data(), depth, 1}, packed.data(), nullptr,
                          whole.data(), columns};
      gemm.multiply(problem, 0, p.rows, 0, strips(columns), nullptr);
      problem.result = some.data();
      for (const int64_t rows : {1, 2, 3, 4, 5, 6, 7, 8, 13, 17, 18, 19}) {
        gemm.multiply(problem, 0, rows, 0, strips(columns), nullptr);
        EXPECT_TRUE(std::equal(some.begin(), some.begin() + rows * columns, whole.begin()))
            << rows << " rows, " << columns << " columns, depth " << depth;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Lanes, Gemm,
                         ::testing::Combine(::testing::Values(gemm_4, gemm_8, gemm_16), ::testing::Bool()));

}  // namespace
}  // namespace heed::kernels::testing
