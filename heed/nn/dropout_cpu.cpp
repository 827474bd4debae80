// SPDX-License-Identifier: Apache-2.0
#include <ATen/Parallel.h>
#include <ATen/ops/empty_like.h>

#include "heed/kernels/dropout_hash.h"
#include "heed/kernels/isa.h"
#include "heed/nn/dropout.h"

namespace heed::nn {
namespace {

constexpr int64_t kDropoutGrain = 1 << 15;  ///< elements that are worth a thread

at::Tensor drop(const at::Tensor& input, const std::optional<at::Tensor>& residual, uint32_t key, double p) {
  const auto from = input.contiguous();
  const auto add = residual ? residual->contiguous() : at::Tensor();
  const auto to = at::empty_like(from);
  kernels::DropoutProblem problem;
  problem.from = from.const_data_ptr<float>();
  problem.add = add.defined() ? add.const_data_ptr<float>() : nullptr;
  problem.to = to.mutable_data_ptr<float>();
  problem.key = key;
  problem.threshold = kernels::dropout_threshold(p);
  problem.scale = static_cast<float>(1 / (1 - p));
  const auto& run = kernels::cpu_kernels().dropout;
  at::parallel_for(0, from.numel(), kDropoutGrain,
                   [&](int64_t begin, int64_t end) { run.apply(problem, begin, end); });
  return to;
}

[[maybe_unused]] const bool kDropoutAdded = dropout_kernel.add(at::kCPU, {at::kFloat}, drop);

}  // namespace
}  // namespace heed::nn
