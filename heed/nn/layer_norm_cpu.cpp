// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "heed/kernels/isa.h"
#include "heed/nn/layer_norm.h"

namespace heed::nn {
namespace {

constexpr int64_t kLayerNormGrain = 1 << 14;  ///< numbers that are worth a thread

void run(kernels::LayerNormProblem& problem, const LayerNormWeights& weights, const at::Tensor& from) {
  problem.count = weights.weight.size(0);
  problem.epsilon = static_cast<float>(weights.epsilon);
  problem.weight = weights.weight.const_data_ptr<float>();
  problem.bias = weights.bias.const_data_ptr<float>();
  problem.from = from.const_data_ptr<float>();
  const int64_t rows = from.numel() / std::max<int64_t>(1, problem.count);
  const auto& kernel = kernels::cpu_kernels().layer_norm;
  if (rows * problem.count < 2 * kLayerNormGrain) return kernel.forward(problem, 0, rows);
  at::parallel_for(0, rows, std::max<int64_t>(1, kLayerNormGrain / problem.count),
                   [&](int64_t begin, int64_t end) { kernel.forward(problem, begin, end); });
}

at::Tensor forward(const at::Tensor& input, const LayerNormWeights& weights) {
  const at::Tensor from = input.contiguous(), to = at::empty(from.sizes(), from.options());
  kernels::LayerNormProblem problem;
  problem.to = to.mutable_data_ptr<float>();
  run(problem, weights, from);
  return to;
}

Normed add_forward(const at::Tensor& residual, const at::Tensor& input, const LayerNormWeights& weights) {
  const at::Tensor from = residual.contiguous(), added = input.contiguous();
  const Normed result{at::empty(from.sizes(), from.options()), at::empty(from.sizes(), from.options())};
  kernels::LayerNormProblem problem;
  problem.added = added.const_data_ptr<float>();
  problem.sum = result.sum.mutable_data_ptr<float>();
  problem.to = result.normed.mutable_data_ptr<float>();
  run(problem, weights, from);
  return result;
}

[[maybe_unused]] const bool kLayerNormAdded[] = {
    layer_norm_kernel.add(at::kCPU, {at::kFloat}, forward),
    add_layer_norm_kernel.add(at::kCPU, {at::kFloat}, add_forward)};

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

}  // namespace heed::nn
