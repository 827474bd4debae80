// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <ATen/Parallel.h>

#include "heed/kernels/isa.h"
#include "heed/nn/lstm.h"

namespace heed::nn {
namespace {

constexpr int64_t kLstmGrain = 1 << 13;  ///< numbers that are worth a thread

template <class Work>
void for_rows(const at::Tensor& cell, const Work& work) {
  const int64_t numbers = 4 * cell.size(1);
  at::parallel_for(0, cell.size(0), std::max<int64_t>(1, kLstmGrain / numbers), work);
}

const float* data(const at::Tensor& tensor) {
  return tensor.const_data_ptr<float>();
}

void forward(const LstmCellTensors& tensors) {
  kernels::LstmCell problem;
  problem.hidden = tensors.cell.size(1);
  problem.gates = data(tensors.gates);
  if (tensors.added.defined()) problem.added = data(tensors.added);
  problem.cell = data(tensors.cell);
  problem.new_cell = tensors.new_cell.mutable_data_ptr<float>();
  problem.output = tensors.output.mutable_data_ptr<float>();
  if (tensors.activated.defined()) problem.activated = tensors.activated.mutable_data_ptr<float>();
  const auto& run = kernels::cpu_kernels().lstm;
  for_rows(tensors.cell, [&](int64_t begin, int64_t end) { run.forward(problem, begin, end); });
}

void backward(const LstmCellGradients& tensors) {
  kernels::LstmCellGradient problem;
  problem.hidden = tensors.cell.size(1);
  problem.activated = data(tensors.activated);
  problem.cell = data(tensors.cell);
  problem.new_cell = data(tensors.new_cell);
  problem.output_grad = data(tensors.output_grad);
  problem.new_cell_grad = data(tensors.new_cell_grad);
  problem.gates_grad = tensors.gates_grad.mutable_data_ptr<float>();
  problem.cell_grad = tensors.cell_grad.mutable_data_ptr<float>();
  const auto& run = kernels::cpu_kernels().lstm;
  for_rows(tensors.cell, [&](int64_t begin, int64_t end) { run.backward(problem, begin, end); });
}

[[maybe_unused]] const bool kLstmAdded[] = {lstm_cell_kernel.add(at::kCPU, {at::kFloat}, forward),
                                            lstm_cell_gradient_kernel.add(at::kCPU, {at::kFloat}, backward)};

}  // namespace
}  // namespace heed::nn
