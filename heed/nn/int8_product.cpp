// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/int8_product.h"

#include <algorithm>
#include <cmath>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "heed/kernels/isa.h"
#include "heed/nn/packed_memory.h"
#include "heed/nn/shared_product.h"

namespace heed::nn {
namespace {

using kernels::kInt8Group;
using kernels::kInt8Strip;

/// Fewer numbers than this are not worth waking a thread to round them.
constexpr int64_t kLeastRounded = 1 << 16;

/// One row of a weight into its column of the packed form.
void quantize_row(const float* from, int64_t in, kernels::Int8Column<int8_t> to, float& scale,
                  int32_t& offset) {
  float most = 0;
  for (int64_t k = 0; k < in; ++k) most = std::max(most, std::abs(from[k]));
  scale = most / 127;
  const float inverse = most > 0 ? 127 / most : 0;
  int32_t sum = 0;
  for (int64_t k = 0; k < in; ++k) {
    const auto level = static_cast<int8_t>(std::lrint(from[k] * inverse));
    to.data[k / kInt8Group * to.step + k % kInt8Group] = level;
    sum += level;
  }
  offset = kernels::kInt8Zero * sum;
}

/// The rows of an input on their levels. Few of them need no memory from elsewhere.
class RoundedRows {
 public:
  RoundedRows(int64_t rows, int64_t depth) : rows_(rows), depth_(depth) {
    const int64_t bytes = rows * (depth + static_cast<int64_t>(sizeof(float)));
    if (bytes > kFewBytes) many_ = at::empty({bytes}, at::kByte);
    begin_ = many_.defined() ? many_.mutable_data_ptr<uint8_t>() : few_;
  }

  void round(const at::Tensor& input, int64_t numbers) {
    const auto& kernel = kernels::cpu_kernels().int8;
    const auto* from = input.const_data_ptr<float>();
    const int64_t stride = input.stride(0);
    at::parallel_for(0, rows_, std::max<int64_t>(1, kLeastRounded / depth_), [&](int64_t begin, int64_t end) {
      kernel.quantize(from, stride, numbers, begin_ + rows_ * kScale, scales(), begin, end);
    });
  }

  const uint8_t* levels() const { return begin_ + rows_ * kScale; }  ///< [rows, depth]
  const float* scale() const { return scales(); }                    ///< [rows]

 private:
  static constexpr int64_t kFewBytes = 1 << 14, kScale = sizeof(float);
  float* scales() const { return reinterpret_cast<float*>(begin_); }

  int64_t rows_, depth_;
  at::Tensor many_;
  alignas(64) uint8_t few_[kFewBytes];
  uint8_t* begin_;
};

void multiply(const kernels::Int8Problem& problem, int64_t rows) {
  const int64_t strip = kernels::int8_depth(problem.depth) * kInt8Strip;
  const ProductShares shares{.rows = rows,
                             .strips = (problem.columns + kInt8Strip - 1) / kInt8Strip,
                             .strip_bytes = strip,
                             .row_work = std::max<int64_t>(1, strip / 4)};
  share_product(shares, [&](int64_t row_begin, int64_t row_end, int64_t begin, int64_t end) {
    kernels::cpu_kernels().int8.multiply(problem, row_begin, row_end, begin, end);
  });
}

}  // namespace

Int8Weight quantize_weight(const at::Tensor& weight) {
  const at::Tensor whole = weight.contiguous();
  Int8Weight result;
  result.out = whole.size(0);
  result.in = whole.size(1);
  const int64_t columns = kernels::int8_columns(result.out);
  result.packed = packed_memory(kernels::int8_packed_size(result.in, result.out), at::kChar).zero_();
  result.scale = at::zeros({columns}, at::kFloat);
  result.offset = at::zeros({columns}, at::kInt);
  const float* from = whole.const_data_ptr<float>();
  auto* packed = result.packed.mutable_data_ptr<int8_t>();
  auto* scale = result.scale.mutable_data_ptr<float>();
  auto* offset = result.offset.mutable_data_ptr<int32_t>();
  const int64_t together = kernels::cpu_kernels().int8.together;
  at::parallel_for(0, result.out, std::max<int64_t>(1, kLeastRounded / result.in),
                   [&](int64_t begin, int64_t end) {
                     for (int64_t i = begin; i < end; ++i) {
                       const auto column = kernels::int8_column(packed, result.in, result.out, together, i);
                       quantize_row(from + i * result.in, result.in, column, scale[i], offset[i]);
                     }
                   });
  return result;
}

kernels::Int8Problem int8_problem(const Int8Weight& weight, const float* bias, float* result) {
  kernels::Int8Problem problem;
  problem.columns = weight.out;
  problem.depth = weight.in;
  problem.packed = weight.packed.const_data_ptr<int8_t>();
  problem.column_scale = weight.scale.const_data_ptr<float>();
  problem.offset = weight.offset.const_data_ptr<int32_t>();
  problem.bias = bias;
  problem.result = result;
  return problem;
}

at::Tensor int8_product(const at::Tensor& left, const Int8Weight& weight, const at::Tensor& bias) {
  const at::Tensor input = left.stride(1) == 1 ? left : left.contiguous();
  const int64_t rows = input.size(0);
  const at::Tensor result = at::empty({rows, weight.out}, input.options());
  const at::Tensor whole_bias = bias.defined() ? bias.contiguous() : bias;
  RoundedRows rounded(rows, kernels::int8_depth(weight.in));
  rounded.round(input, weight.in);
  kernels::Int8Problem problem =
      int8_problem(weight, whole_bias.defined() ? whole_bias.const_data_ptr<float>() : nullptr,
                   result.mutable_data_ptr<float>());
  problem.left = rounded.levels();
  problem.row_scale = rounded.scale();
  multiply(problem, rows);
  return result;
}

}  // namespace heed::nn
