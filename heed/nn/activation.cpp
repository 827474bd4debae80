// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/activation.h"

#include <algorithm>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/glu.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tanh.h>

#include "heed/kernels/isa.h"

namespace heed::nn {
namespace {

constexpr int64_t kGrain = 1 << 13;  ///< numbers that are worth a thread

bool takes_kernels(const at::Tensor& input) {
  return input.is_cpu() && input.scalar_type() == at::kFloat && !at::GradMode::is_enabled();
}

using RowKernel = void (*)(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept;

/// Rows of input's last dimension by `kernel` into rows of `count`.
at::Tensor by_rows(const at::Tensor& input, int64_t count, RowKernel kernel) {
  const at::Tensor from = input.contiguous();
  auto sizes = from.sizes().vec();
  sizes.back() = count;
  const at::Tensor to = at::empty(sizes, from.options());
  const int64_t rows = count == 0 ? 0 : to.numel() / count;
  at::parallel_for(0, rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, count)),
                   [&](int64_t begin, int64_t end) {
                     kernel(from.const_data_ptr<float>(), to.mutable_data_ptr<float>(), count, begin, end);
                   });
  return to;
}

}  // namespace

at::Tensor activate(const at::Tensor& x, const std::string& name) {
  if (name == "relu")
    return takes_kernels(x) ? by_rows(x, x.size(-1), kernels::cpu_kernels().activation.relu) : at::relu(x);
  TORCH_CHECK(name == "gelu", "[activation] must be relu or gelu, got ", name);
  if (!takes_kernels(x)) return at::gelu(x);
  return by_rows(x, x.size(-1), kernels::cpu_kernels().activation.gelu);
}

const std::vector<std::string>& activation_names() {
  static const std::vector<std::string> names{"relu", "gelu"};
  return names;
}

at::Tensor row_tanh(const at::Tensor& input) {
  if (!takes_kernels(input)) return at::tanh(input);
  return by_rows(input, input.size(-1), kernels::cpu_kernels().activation.tanh);
}

at::Tensor row_elu(const at::Tensor& input) {
  if (!takes_kernels(input)) return at::elu(input);
  return by_rows(input, input.size(-1), kernels::cpu_kernels().activation.elu);
}

at::Tensor row_gated_tanh(const at::Tensor& input) {
  if (!takes_kernels(input)) {
    const auto halves = input.chunk(2, -1);
    return halves[0].tanh() * halves[1].sigmoid();
  }
  TORCH_CHECK(input.size(-1) % 2 == 0, "[gated_tanh] needs an even width, got ", input.size(-1));
  return by_rows(input, input.size(-1) / 2, kernels::cpu_kernels().activation.gated_tanh);
}

at::Tensor row_glu(const at::Tensor& input) {
  if (!takes_kernels(input)) return at::glu(input, -1);
  TORCH_CHECK(input.size(-1) % 2 == 0, "[glu] needs an even width, got ", input.size(-1));
  return by_rows(input, input.size(-1) / 2, kernels::cpu_kernels().activation.glu);
}

}  // namespace heed::nn
