// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <ATen/Parallel.h>

#include "heed/kernels/isa.h"
#include "heed/nn/sru.h"

namespace heed::nn {
namespace {

constexpr int64_t kSruGrain = 1 << 14;  ///< numbers that are worth a thread

template <class Work>
void share_rows(const kernels::SruProblem& problem, const Work& work) {
  const int64_t each = std::max<int64_t>(1, problem.length * problem.width);
  at::parallel_for(0, problem.rows, std::max<int64_t>(1, kSruGrain / each), work);
}

const float* numbers(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr<float>() : nullptr;
}

float* written_numbers(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_data_ptr<float>() : nullptr;
}

kernels::SruProblem problem_of(const SruTensors& tensors) {
  kernels::SruProblem problem;
  problem.length = tensors.input.size(0);
  problem.rows = tensors.input.size(1);
  problem.width = tensors.input.size(2);
  problem.products = numbers(tensors.products);
  problem.input = numbers(tensors.input);
  problem.begin = numbers(tensors.begin);
  problem.forget_weight = numbers(tensors.forget_weight);
  problem.reset_weight = numbers(tensors.reset_weight);
  problem.forget_bias = numbers(tensors.forget_bias);
  problem.reset_bias = numbers(tensors.reset_bias);
  problem.keep = numbers(tensors.keep);
  problem.cells = written_numbers(tensors.cell);
  problem.output = written_numbers(tensors.output);
  return problem;
}

void forward(const SruTensors& tensors) {
  const kernels::SruProblem problem = problem_of(tensors);
  const auto& run = kernels::cpu_kernels().sru;
  share_rows(problem, [&](int64_t begin, int64_t end) { run.forward(problem, begin, end); });
}

void backward(const SruGradients& tensors) {
  kernels::SruGradient problem;
  problem.forward = problem_of(tensors.forward);
  problem.output_grad = numbers(tensors.output_grad);
  problem.cells_grad = numbers(tensors.cell_grad);
  problem.products_grad = written_numbers(tensors.products_grad);
  problem.input_grad = written_numbers(tensors.input_grad);
  problem.begin_grad = written_numbers(tensors.begin_grad);
  problem.vectors_grad = written_numbers(tensors.vectors_grad);
  const auto& run = kernels::cpu_kernels().sru;
  share_rows(problem.forward, [&](int64_t begin, int64_t end) { run.backward(problem, begin, end); });
}

[[maybe_unused]] const bool kSruAdded[] = {sru_kernel.add(at::kCPU, {at::kFloat}, forward),
                                           sru_gradient_kernel.add(at::kCPU, {at::kFloat}, backward)};

}  // namespace
}  // namespace heed::nn
