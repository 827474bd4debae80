// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/layer_norm.h"

#include <algorithm>

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include "heed/kernels/isa.h"

namespace heed::nn {
namespace {

constexpr int64_t kGrain = 1 << 14;  ///< numbers that are worth a thread

bool takes_kernel(const at::Tensor& input, const torch::nn::LayerNormImpl& norm) {
  return input.is_cpu() && input.scalar_type() == at::kFloat && input.dim() > 0 &&
         takes_layer_norm_kernel(norm, input.size(-1));
}

void run(const kernels::LayerNormProblem& problem, int64_t rows) {
  const auto& kernel = kernels::cpu_kernels().layer_norm;
  if (rows * problem.count < 2 * kGrain) return kernel.forward(problem, 0, rows);
  at::parallel_for(0, rows, std::max<int64_t>(1, kGrain / problem.count),
                   [&](int64_t begin, int64_t end) { kernel.forward(problem, begin, end); });
}

}  // namespace

bool takes_layer_norm_kernel(const torch::nn::LayerNormImpl& norm, int64_t width) {
  return !at::GradMode::is_enabled() && norm.weight.defined() && norm.bias.defined() &&
         norm.weight.is_cpu() && norm.weight.scalar_type() == at::kFloat &&
         norm.options.normalized_shape().size() == 1 && width == norm.weight.size(0);
}

kernels::LayerNormProblem layer_norm_problem(const torch::nn::LayerNormImpl& norm) {
  kernels::LayerNormProblem problem;
  problem.count = norm.weight.size(0);
  problem.epsilon = static_cast<float>(norm.options.eps());
  problem.weight = norm.weight.const_data_ptr<float>();
  problem.bias = norm.bias.const_data_ptr<float>();
  return problem;
}

at::Tensor layer_norm(const at::Tensor& input, torch::nn::LayerNorm& norm) {
  if (!takes_kernel(input, *norm)) return norm->forward(input);
  const at::Tensor from = input.contiguous(), to = at::empty(from.sizes(), from.options());
  kernels::LayerNormProblem problem = layer_norm_problem(*norm);
  problem.from = from.const_data_ptr<float>();
  problem.to = to.mutable_data_ptr<float>();
  run(problem, from.numel() / std::max<int64_t>(1, from.size(-1)));
  return to;
}

Normed add_layer_norm(const at::Tensor& residual, const at::Tensor& input, torch::nn::LayerNorm& norm) {
  if (!takes_kernel(residual, *norm) || residual.sizes() != input.sizes() ||
      input.scalar_type() != at::kFloat) {
    const at::Tensor sum = residual + input;
    return {sum, norm->forward(sum)};
  }
  const at::Tensor from = residual.contiguous(), added = input.contiguous();
  const Normed result{at::empty(from.sizes(), from.options()), at::empty(from.sizes(), from.options())};
  kernels::LayerNormProblem problem = layer_norm_problem(*norm);
  problem.from = from.const_data_ptr<float>();
  problem.added = added.const_data_ptr<float>();
  problem.sum = result.sum.mutable_data_ptr<float>();
  problem.to = result.normed.mutable_data_ptr<float>();
  run(problem, from.numel() / std::max<int64_t>(1, from.size(-1)));
  return result;
}

}  // namespace heed::nn
