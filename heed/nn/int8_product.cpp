// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/int8_product.h"

#include <algorithm>
#include <cmath>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "heed/kernels/isa.h"

namespace heed::nn {
namespace {

using kernels::kInt8Group;
using kernels::kInt8Panel;

/// Fewer multiply-adds than this are not worth waking a thread.
constexpr int64_t kLeastWork = 1 << 19;
/// Rows come to threads by this many: a multiple of what every instruction set keeps in registers.
constexpr int64_t kRowsTogether = 12;

int64_t divide_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

/// One row of a weight into its column of the packed form.
void quantize_row(const float* from, int64_t in, int64_t column, int8_t* packed, float& scale,
                  int32_t& offset) {
  float most = 0;
  for (int64_t k = 0; k < in; ++k) most = std::max(most, std::abs(from[k]));
  scale = most / 127;
  const float inverse = most > 0 ? 127 / most : 0;
  const int64_t panel = column / kInt8Panel * kernels::int8_depth(in) * kInt8Panel;
  int8_t* to = packed + panel + column % kInt8Panel * kInt8Group;
  int32_t sum = 0;
  for (int64_t k = 0; k < in; ++k) {
    const auto level = static_cast<int8_t>(std::lrint(from[k] * inverse));
    to[k / kInt8Group * kInt8Group * kInt8Panel + k % kInt8Group] = level;
    sum += level;
  }
  offset = kernels::kInt8Zero * sum;
}

}  // namespace

Int8Weight quantize_weight(const at::Tensor& weight) {
  const at::Tensor whole = weight.contiguous();
  Int8Weight result;
  result.out = whole.size(0);
  result.in = whole.size(1);
  const int64_t columns = kernels::int8_columns(result.out);
  result.packed = at::zeros({kernels::int8_packed_size(result.in, result.out)}, at::kChar);
  result.scale = at::zeros({columns}, at::kFloat);
  result.offset = at::zeros({columns}, at::kInt);
  const float* from = whole.const_data_ptr<float>();
  auto* packed = result.packed.mutable_data_ptr<int8_t>();
  auto* scale = result.scale.mutable_data_ptr<float>();
  auto* offset = result.offset.mutable_data_ptr<int32_t>();
  at::parallel_for(0, result.out, std::max<int64_t>(1, kLeastWork / result.in),
                   [&](int64_t begin, int64_t end) {
                     for (int64_t i = begin; i < end; ++i)
                       quantize_row(from + i * result.in, result.in, i, packed, scale[i], offset[i]);
                   });
  return result;
}

at::Tensor int8_product(const at::Tensor& left, const Int8Weight& weight, const at::Tensor& bias) {
  const at::Tensor input = left.stride(1) == 1 ? left : left.contiguous();
  const int64_t rows = input.size(0), depth = kernels::int8_depth(weight.in);
  const at::Tensor result = at::empty({rows, weight.out}, input.options());
  const at::Tensor levels = at::empty({rows, depth}, at::kByte), scale = at::empty({rows}, at::kFloat);
  const at::Tensor whole_bias = bias.defined() ? bias.contiguous() : bias;
  kernels::Int8Problem problem;
  problem.columns = weight.out;
  problem.depth = weight.in;
  problem.left = levels.const_data_ptr<uint8_t>();
  problem.row_scale = scale.const_data_ptr<float>();
  problem.packed = weight.packed.const_data_ptr<int8_t>();
  problem.column_scale = weight.scale.const_data_ptr<float>();
  problem.offset = weight.offset.const_data_ptr<int32_t>();
  problem.bias = whole_bias.defined() ? whole_bias.const_data_ptr<float>() : nullptr;
  problem.result = result.mutable_data_ptr<float>();
  const auto& kernel = kernels::cpu_kernels().int8;
  at::parallel_for(0, rows, std::max<int64_t>(1, (1 << 14) / depth), [&](int64_t begin, int64_t end) {
    kernel.quantize(input.const_data_ptr<float>(), input.stride(0), weight.in,
                    levels.mutable_data_ptr<uint8_t>(), scale.mutable_data_ptr<float>(), begin, end);
  });
  const int64_t panels = divide_up(weight.out, kInt8Panel);
  if (rows >= 4 * kRowsTogether * at::get_num_threads()) {
    const int64_t work = kRowsTogether * weight.in * weight.out;
    at::parallel_for(0, divide_up(rows, kRowsTogether), std::max<int64_t>(1, kLeastWork / work),
                     [&](int64_t begin, int64_t end) {
                       kernel.multiply(problem, begin * kRowsTogether, std::min(end * kRowsTogether, rows), 0,
                                       panels);
                     });
  } else {
    const int64_t work = std::max<int64_t>(1, rows * weight.in * kInt8Panel);
    at::parallel_for(0, panels, std::max<int64_t>(1, kLeastWork / work),
                     [&](int64_t begin, int64_t end) { kernel.multiply(problem, 0, rows, begin, end); });
  }
  return result;
}

}  // namespace heed::nn
