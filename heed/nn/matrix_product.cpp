// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/matrix_product.h"

#include <algorithm>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "heed/kernels/isa.h"

namespace heed::nn {
namespace {

using kernels::GemmMatrix;
using kernels::GemmProblem;
using kernels::kGemmDepth;
using kernels::kGemmPanel;

/// Floats of the right operand that are packed at a time: they stay in the cache while every row meets them.
constexpr int64_t kPackedAtOnce = 1 << 19;
/// Rows come to threads by this many: a multiple of what every instruction set keeps in registers.
constexpr int64_t kRowsTogether = 12;
/// Fewer multiply-adds than this are not worth waking a thread.
constexpr int64_t kLeastWork = 1 << 18;

int64_t divide_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

GemmMatrix matrix(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<float>(), tensor.stride(0), tensor.stride(1)};
}

void pack(const GemmMatrix& right, int64_t depth, int64_t columns, float* packed) {
  const int64_t grain = std::max<int64_t>(1, kLeastWork / (depth * kGemmPanel));
  at::parallel_for(0, divide_up(columns, kGemmPanel), grain, [&](int64_t begin, int64_t end) {
    kernels::cpu_kernels().gemm.pack_right(right, depth, columns, begin, end, packed);
  });
}

void multiply_part(const GemmProblem& problem, int64_t row_begin, int64_t row_end, int64_t begin,
                   int64_t end) {
  const auto& gemm = kernels::cpu_kernels().gemm;
  at::Tensor scratch;
  if (problem.left.column != 1) scratch = at::empty({gemm.scratch}, at::kFloat);
  gemm.multiply(problem, row_begin, row_end, begin, end,
                scratch.defined() ? scratch.mutable_data_ptr<float>() : nullptr);
}

/// Many rows are shared out among the threads, else panels are.
void multiply(const GemmProblem& problem, int64_t rows) {
  const int64_t panels = divide_up(problem.columns, kGemmPanel);
  if (rows >= 4 * kRowsTogether * at::get_num_threads()) {
    const int64_t work = kRowsTogether * problem.depth * problem.columns;
    at::parallel_for(0, divide_up(rows, kRowsTogether), std::max<int64_t>(1, kLeastWork / work),
                     [&](int64_t begin, int64_t end) {
                       multiply_part(problem, begin * kRowsTogether, std::min(end * kRowsTogether, rows), 0,
                                     panels);
                     });
  } else {
    const int64_t work = rows * problem.depth * kGemmPanel;
    at::parallel_for(0, panels, std::max<int64_t>(1, kLeastWork / work),
                     [&](int64_t begin, int64_t end) { multiply_part(problem, 0, rows, begin, end); });
  }
}

/// Columns whose sums are made together, and rows that are added up before they are added to the sum:
/// rounding grows with their number and not with that of all rows.
constexpr int64_t kSumColumns = 64, kSumRows = 64;

void sum_columns(const float* from, int64_t rows, int64_t row, int64_t columns, float* sums) {
  std::fill_n(sums, columns, 0.0f);
  for (int64_t first = 0; first < rows; first += kSumRows) {
    float part[kSumColumns] = {};
    for (int64_t i = first; i < std::min(rows, first + kSumRows); ++i) {
      for (int64_t j = 0; j < columns; ++j) part[j] += from[i * row + j];
    }
    for (int64_t j = 0; j < columns; ++j) sums[j] += part[j];
  }
}

GemmProblem problem_of(const at::Tensor& left, int64_t columns, const at::Tensor& bias,
                       const at::Tensor& result) {
  GemmProblem problem;
  problem.columns = columns;
  problem.depth = left.size(1);
  problem.left = matrix(left);
  problem.bias = bias.defined() ? bias.const_data_ptr<float>() : nullptr;
  problem.result = result.mutable_data_ptr<float>();
  problem.result_row = columns;
  return problem;
}

}  // namespace

at::Tensor matrix_product(const at::Tensor& left, const at::Tensor& right, const at::Tensor& bias) {
  const int64_t rows = left.size(0), depth = left.size(1), columns = right.size(1);
  const at::Tensor result = at::empty({rows, columns}, left.options());
  const at::Tensor whole_bias = bias.defined() ? bias.contiguous() : bias;
  const GemmProblem whole = problem_of(left, columns, whole_bias, result);
  const GemmMatrix from = matrix(right);

  // Slices of whole blocks of the depth leave every sum in its order.
  const int64_t wide = divide_up(columns, kGemmPanel) * kGemmPanel;
  const int64_t deep = std::min(depth, std::max(kGemmDepth, kPackedAtOnce / wide / kGemmDepth * kGemmDepth));
  const int64_t slice = std::min(wide, std::max(kGemmPanel, kPackedAtOnce / deep / kGemmPanel * kGemmPanel));
  const at::Tensor packed = at::empty({kernels::packed_size(deep, slice)}, left.options());
  for (int64_t column = 0; column < columns; column += slice) {
    for (int64_t k = 0; k < depth; k += deep) {
      GemmProblem part = whole;
      part.columns = std::min(slice, columns - column);
      part.depth = std::min(deep, depth - k);
      part.left.data += k * whole.left.column;
      part.packed = packed.const_data_ptr<float>();
      if (part.bias) part.bias += column;
      part.result += column;
      part.add = k > 0;
      const float* corner = from.data + k * from.row + column * from.column;
      pack({corner, from.row, from.column}, part.depth, part.columns, packed.mutable_data_ptr<float>());
      multiply(part, rows);
    }
  }
  return result;
}

at::Tensor pack_matrix(const at::Tensor& right) {
  const int64_t depth = right.size(0), columns = right.size(1);
  const at::Tensor packed = at::empty({kernels::packed_size(depth, columns)}, right.options());
  pack(matrix(right), depth, columns, packed.mutable_data_ptr<float>());
  return packed;
}

at::Tensor packed_product(const at::Tensor& left, const at::Tensor& packed, int64_t columns,
                          const at::Tensor& bias) {
  const at::Tensor result = at::empty({left.size(0), columns}, left.options());
  const at::Tensor whole_bias = bias.defined() ? bias.contiguous() : bias;
  GemmProblem problem = problem_of(left, columns, whole_bias, result);
  problem.packed = packed.const_data_ptr<float>();
  multiply(problem, left.size(0));
  return result;
}

at::Tensor column_sums(const at::Tensor& matrix) {
  const at::Tensor whole = matrix.contiguous(), sums = at::empty({matrix.size(1)}, matrix.options());
  const int64_t rows = whole.size(0), columns = whole.size(1);
  const float* from = whole.const_data_ptr<float>();
  float* to = sums.mutable_data_ptr<float>();
  at::parallel_for(0, columns, kSumColumns, [&](int64_t begin, int64_t end) {
    for (; begin < end; begin += kSumColumns) {
      sum_columns(from + begin, rows, columns, std::min(kSumColumns, end - begin), to + begin);
    }
  });
  return sums;
}

}  // namespace heed::nn
