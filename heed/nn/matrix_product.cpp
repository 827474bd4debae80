// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/matrix_product.h"

#include <algorithm>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "heed/kernels/isa.h"
#include "heed/nn/packed_memory.h"
#include "heed/nn/shared_product.h"

namespace heed::nn {
namespace {

using kernels::GemmMatrix;
using kernels::GemmProblem;
using kernels::kGemmDepth;
using kernels::kGemmStrip;

/// Floats of the right operand that are packed at a time: they stay in the cache while every row meets them.
constexpr int64_t kPackedAtOnce = 1 << 19;
/// Fewer numbers than this are not worth waking a thread to pack them.
constexpr int64_t kLeastPacked = 1 << 16;

int64_t divide_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

GemmMatrix matrix(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<float>(), tensor.stride(0), tensor.stride(1)};
}

const kernels::GemmOfType& gemm_of(at::ScalarType type) {
  const auto& gemm = kernels::cpu_kernels().gemm;
  return type == at::kFloat ? gemm.float32 : gemm.bfloat16;
}

void pack(const GemmMatrix& right, int64_t depth, int64_t columns, const at::Tensor& packed) {
  const auto& gemm = gemm_of(packed.scalar_type());
  void* to = packed.mutable_data_ptr();
  const int64_t grain = std::max<int64_t>(1, kLeastPacked / (depth * kGemmStrip));
  at::parallel_for(0, divide_up(columns, kGemmStrip), grain,
                   [&](int64_t begin, int64_t end) { gemm.pack(right, depth, columns, begin, end, to); });
}

/// A product with a right operand of that type.
void multiply(const GemmProblem& problem, int64_t rows, at::ScalarType type) {
  const auto& gemm = gemm_of(type);
  const int64_t strip = problem.depth * kGemmStrip;
  const ProductShares shares{.rows = rows,
                             .strips = divide_up(problem.columns, kGemmStrip),
                             .strip_bytes = strip * static_cast<int64_t>(c10::elementSize(type)),
                             .row_work = strip};
  share_product(shares, [&](int64_t row_begin, int64_t row_end, int64_t begin, int64_t end) {
    at::Tensor scratch;
    if (problem.left.column != 1) scratch = at::empty({kernels::cpu_kernels().gemm.scratch}, at::kFloat);
    gemm.multiply(problem, row_begin, row_end, begin, end,
                  scratch.defined() ? scratch.mutable_data_ptr<float>() : nullptr);
  });
}

/// Rows as a product with a right operand of that type reads them.
at::Tensor rounded_rows(const at::Tensor& left, at::ScalarType type) {
  const at::Tensor rows = left.stride(1) == 1 ? left : left.contiguous();
  const int64_t depth = rows.size(1), words = kernels::rounded_words(depth);
  const at::Tensor rounded = at::empty({rows.size(0), words}, at::TensorOptions().dtype(at::kInt));
  auto* to = static_cast<uint32_t*>(rounded.mutable_data_ptr());
  const auto* from = rows.const_data_ptr<float>();
  at::parallel_for(0, rows.size(0), std::max<int64_t>(1, kLeastPacked / depth),
                   [&](int64_t begin, int64_t end) {
                     gemm_of(type).round(from + begin * rows.stride(0), rows.stride(0), end - begin, depth,
                                         to + begin * words);
                   });
  return rounded;
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
  const int64_t wide = divide_up(columns, kGemmStrip) * kGemmStrip;
  const int64_t deep = std::min(depth, std::max(kGemmDepth, kPackedAtOnce / wide / kGemmDepth * kGemmDepth));
  const int64_t slice = std::min(wide, std::max(kGemmStrip, kPackedAtOnce / deep / kGemmStrip * kGemmStrip));
  const at::Tensor packed = at::empty({kernels::packed_size(deep, slice)}, left.options());
  for (int64_t column = 0; column < columns; column += slice) {
    for (int64_t k = 0; k < depth; k += deep) {
      GemmProblem part = whole;
      part.columns = std::min(slice, columns - column);
      part.depth = std::min(deep, depth - k);
      part.left.data += k * whole.left.column;
      part.packed = packed.const_data_ptr();
      if (part.bias) part.bias += column;
      part.result += column;
      part.add = k > 0;
      const float* corner = from.data + k * from.row + column * from.column;
      pack({corner, from.row, from.column}, part.depth, part.columns, packed);
      multiply(part, rows, at::kFloat);
    }
  }
  return result;
}

at::Tensor pack_matrix(const at::Tensor& right, at::ScalarType type) {
  const int64_t depth = right.size(0), columns = right.size(1);
  const int64_t size = type == at::kFloat ? kernels::packed_size(depth, columns)
                                          : kernels::packed_bfloat16_size(depth, columns);
  const at::Tensor packed = packed_memory(size, type);
  pack(matrix(right), depth, columns, packed);
  return packed;
}

at::Tensor packed_product(const at::Tensor& left, const at::Tensor& packed, int64_t columns,
                          const at::Tensor& bias) {
  const at::Tensor result = at::empty({left.size(0), columns}, left.options());
  const at::Tensor whole_bias = bias.defined() ? bias.contiguous() : bias;
  GemmProblem problem = problem_of(left, columns, whole_bias, result);
  problem.packed = packed.const_data_ptr();
  at::Tensor rounded;
  if (gemm_of(packed.scalar_type()).round != nullptr) {
    rounded = rounded_rows(left, packed.scalar_type());
    problem.rounded = static_cast<const uint32_t*>(rounded.const_data_ptr());
  }
  multiply(problem, left.size(0), packed.scalar_type());
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
