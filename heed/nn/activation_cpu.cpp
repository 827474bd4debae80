// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "heed/kernels/isa.h"
#include "heed/nn/activation.h"

namespace heed::nn {
namespace {

using kernels::ActivationKernels;

constexpr int64_t kActivationGrain = 1 << 13;  ///< numbers that are worth a thread

/// Applies one of the kernels to the rows of input's last dimension; kHalves is the quotient of the widths of
/// input and output.
template <auto ActivationKernels::*kernel, int64_t kHalves = 1>
at::Tensor by_rows(const at::Tensor& input) {
  const auto run = kernels::cpu_kernels().activation.*kernel;
  const at::Tensor from = input.contiguous();
  const int64_t count = from.size(-1) / kHalves;
  auto sizes = from.sizes().vec();
  sizes.back() = count;
  const at::Tensor to = at::empty(sizes, from.options());
  const int64_t rows = count == 0 ? 0 : to.numel() / count;
  at::parallel_for(0, rows, std::max<int64_t>(1, kActivationGrain / std::max<int64_t>(1, count)),
                   [&](int64_t begin, int64_t end) {
                     run(from.const_data_ptr<float>(), to.mutable_data_ptr<float>(), count, begin, end);
                   });
  return to;
}

[[maybe_unused]] const bool kActivationAdded[] = {
    relu_kernel.add(at::kCPU, {at::kFloat}, by_rows<&ActivationKernels::relu>),
    gelu_kernel.add(at::kCPU, {at::kFloat}, by_rows<&ActivationKernels::gelu>),
    gelu_tanh_kernel.add(at::kCPU, {at::kFloat}, by_rows<&ActivationKernels::gelu_tanh>),
    tanh_kernel.add(at::kCPU, {at::kFloat}, by_rows<&ActivationKernels::tanh>),
    elu_kernel.add(at::kCPU, {at::kFloat}, by_rows<&ActivationKernels::elu>),
    glu_kernel.add(at::kCPU, {at::kFloat}, by_rows<&ActivationKernels::glu, 2>),
    gated_tanh_kernel.add(at::kCPU, {at::kFloat}, by_rows<&ActivationKernels::gated_tanh, 2>)};

}  // namespace
}  // namespace heed::nn
