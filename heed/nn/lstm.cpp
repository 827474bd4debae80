// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/lstm.h"

#include <cmath>
#include <vector>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_thnn_fused_lstm_cell.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/nn/init.h>

#include "heed/nn/autocast.h"

namespace heed::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool has_kernels(const at::Tensor& gates, const at::Tensor& recurrent) {
  return lstm_cell_kernel.find(gates) && lstm_cell_gradient_kernel.find(gates) &&
         recurrent.scalar_type() == gates.scalar_type() && recurrent.device() == gates.device();
}

/// All steps of a layer: its input's share of the gates is given. `kept`: where the layer keeps its packed
/// weight, null in training.
struct LstmFunction : torch::autograd::Function<LstmFunction> {
  static variable_list forward(AutogradContext* context, const at::Tensor& gates, const at::Tensor& recurrent,
                               const at::Tensor& output_before, const at::Tensor& cell_before,
                               PackedWeight* kept) {
    const int64_t length = gates.size(0), rows = gates.size(1), hidden = recurrent.size(1);
    const at::Tensor given = gates.contiguous();
    const at::Tensor output = at::empty({length, rows, hidden}, gates.options()),
                     cell = at::empty_like(output);
    const at::Tensor activated = at::empty({length, rows, 4 * hidden}, gates.options());
    at::Tensor last_output = output_before.contiguous(), last_cell = cell_before.contiguous();
    PackedWeight once;
    PackedWeight* packed = kept ? kept : &once;
    const auto run = lstm_cell_kernel.find(gates);
    for (int64_t t = 0; t < length; ++t) {
      run({.gates = given[t],
           .added = linear(last_output, recurrent, {}, packed),
           .cell = last_cell,
           .new_cell = cell[t],
           .output = output[t],
           .activated = activated[t]});
      last_output = output[t];
      last_cell = cell[t];
    }
    context->save_for_backward({recurrent, output_before, cell_before, output, cell, activated});
    context->set_materialize_grads(false);
    return {output, cell};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &recurrent = saved[0], &output = saved[3], &cell = saved[4], &activated = saved[5];
    TORCH_CHECK(!at::GradMode::is_enabled(), "[lstm] is differentiable once");
    const int64_t length = output.size(0);
    const at::Tensor gates_grad = at::empty_like(activated);
    at::Tensor output_grad = at::zeros_like(output[0]), cell_grad = at::zeros_like(output[0]);
    const at::Tensor transposed = recurrent.t().contiguous();  // [hidden, 4 * hidden]
    PackedWeight packed;
    const auto run = lstm_cell_gradient_kernel.find(gates_grad);
    for (int64_t t = length; t-- > 0;) {
      if (gradients[0].defined()) output_grad = (output_grad + gradients[0][t]).contiguous();
      if (gradients[1].defined()) cell_grad = (cell_grad + gradients[1][t]).contiguous();
      run({.activated = activated[t],
           .cell = (t > 0 ? cell[t - 1] : saved[2]).contiguous(),
           .new_cell = cell[t],
           .output_grad = output_grad,
           .new_cell_grad = cell_grad,
           .gates_grad = gates_grad[t],
           .cell_grad = cell_grad});
      output_grad = linear(gates_grad[t], transposed, {}, &packed);
    }
    at::Tensor recurrent_grad;
    if (context->needs_input_grad(1)) {
      // d W = sum over steps of gates' gradient times the output before: one product for all but the first
      // step.
      recurrent_grad = gates_grad[0].t().mm(saved[1]);
      if (length > 1) {
        const at::Tensor later = gates_grad.narrow(0, 1, length - 1).flatten(0, 1);
        recurrent_grad = recurrent_grad +
                         linear(later.t(), output.narrow(0, 0, length - 1).flatten(0, 1).t(), at::Tensor());
      }
    }
    return {gates_grad, recurrent_grad, output_grad, cell_grad, {}};
  }
};

/// The last outputs of windows of steps. gates [length + window - 1, rows, 4 * hidden]: step m of all windows reads
/// the `length` positions from m on, which lie side by side.
struct LstmWindowsFunction : torch::autograd::Function<LstmWindowsFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gates, const at::Tensor& recurrent,
                            int64_t window, PackedWeight* kept) {
    const int64_t length = gates.size(0) - window + 1, hidden = recurrent.size(1),
                  all = length * gates.size(1);
    const at::Tensor given = gates.contiguous();
    const at::Tensor output = at::empty({window, all, hidden}, gates.options()),
                     cell = at::empty_like(output);
    const at::Tensor activated = at::empty({window, all, 4 * hidden}, gates.options());
    const at::Tensor none = at::zeros({all, hidden}, gates.options());
    PackedWeight once;
    PackedWeight* packed = kept ? kept : &once;
    const auto run = lstm_cell_kernel.find(gates);
    for (int64_t m = 0; m < window; ++m) {
      run({.gates = given.narrow(0, m, length),
           .added = m > 0 ? linear(output[m - 1], recurrent, {}, packed) : at::Tensor(),
           .cell = m > 0 ? cell[m - 1] : none,
           .new_cell = cell[m],
           .output = output[m],
           .activated = activated[m]});
    }
    context->save_for_backward({recurrent, output, cell, activated, none});
    return output[window - 1].view({length, gates.size(1), hidden}).clone();
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "[lstm] is differentiable once");
    const auto saved = context->get_saved_variables();
    const at::Tensor &recurrent = saved[0], &output = saved[1], &cell = saved[2], &activated = saved[3],
                     &none = saved[4];
    const int64_t window = output.size(0), hidden = output.size(2), length = gradients[0].size(0),
                  rows = gradients[0].size(1);
    at::Tensor output_grad = gradients[0].reshape({length * rows, hidden}).contiguous();
    const at::Tensor cell_grad = at::zeros_like(output_grad), step_grad = at::empty_like(activated[0]);
    const at::Tensor gates_grad = at::zeros({length + window - 1, rows, 4 * hidden}, activated.options());
    const at::Tensor recurrent_grad = at::zeros_like(recurrent), transposed = recurrent.t().contiguous();
    PackedWeight packed;
    const auto run = lstm_cell_gradient_kernel.find(step_grad);
    for (int64_t m = window; m-- > 0;) {
      run({.activated = activated[m],
           .cell = m > 0 ? cell[m - 1] : none,
           .new_cell = cell[m],
           .output_grad = output_grad,
           .new_cell_grad = cell_grad,
           .gates_grad = step_grad,
           .cell_grad = cell_grad});
      gates_grad.narrow(0, m, length).add_(step_grad.view({length, rows, 4 * hidden}));
      if (m == 0) break;
      recurrent_grad.add_(linear(step_grad.t(), output[m - 1].t(), at::Tensor()));
      output_grad = linear(step_grad, transposed, {}, &packed);
    }
    return {gates_grad, recurrent_grad, {}, {}};
  }
};

/// The same as LstmFunction's step in libtorch's operations.
LstmCarry plain_cell(const at::Tensor& given, const at::Tensor& added, const at::Tensor& cell) {
  if (given.is_cuda()) {
    const auto [output, next, workspace] = at::_thnn_fused_lstm_cell(given, added, cell);
    return {output, next};
  }
  const auto parts = (given + added).chunk(4, -1);
  const at::Tensor next = parts[1].sigmoid() * cell + parts[0].sigmoid() * parts[2].tanh();
  return {parts[3].sigmoid() * next.tanh(), next};
}

}  // namespace

LstmCarry lstm_cell(const at::Tensor& gates, const at::Tensor& added, const at::Tensor& cell) {
  const auto run = lstm_cell_kernel.find_for_inference(gates);
  if (!run) return plain_cell(gates, added, cell);
  const LstmCarry next{at::empty(cell.sizes(), gates.options()), at::empty(cell.sizes(), gates.options())};
  run({.gates = gates.contiguous(),
       .added = added.contiguous(),
       .cell = cell.contiguous(),
       .new_cell = next.cell,
       .output = next.output,
       .activated = at::Tensor()});
  return next;
}

LstmSteps lstm_steps(const at::Tensor& gates, const at::Tensor& recurrent, const LstmCarry& begin,
                     PackedWeight* packed) {
  const AutocastGuard exact(gates.device().type(), at::kBFloat16, /*enabled=*/false);
  // Under autocast what a layer begins with may be rounded, such as an encoder's output.
  LstmCarry carry{begin.output.to(gates.scalar_type()), begin.cell.to(gates.scalar_type())};
  if (has_kernels(gates, recurrent)) {
    const auto steps = LstmFunction::apply(gates, recurrent, carry.output, carry.cell,
                                           at::GradMode::is_enabled() ? nullptr : packed);
    return {steps[0], steps[1]};
  }
  std::vector<at::Tensor> outputs, cells;
  for (int64_t t = 0; t < gates.size(0); ++t) {
    carry = plain_cell(gates[t], linear(carry.output, recurrent, at::Tensor()), carry.cell);
    outputs.push_back(carry.output);
    cells.push_back(carry.cell);
  }
  return {at::stack(outputs), at::stack(cells)};
}

LstmLayerImpl::LstmLayerImpl(int64_t input, int64_t hidden, double weight_drop) : hidden_(hidden) {
  input_ = register_module("input", Linear(input, 4 * hidden));
  recurrent_ = register_parameter("recurrent", at::empty({4 * hidden, hidden}));
  if (weight_drop > 0) weight_drop_ = register_module("weight_drop", Dropout(weight_drop));
  const double bound = 1.0 / std::sqrt(static_cast<double>(hidden));
  for (const auto& tensor : {input_->weight, recurrent_}) torch::nn::init::uniform_(tensor, -bound, bound);
  const at::NoGradGuard no_grad;
  input_->bias.zero_();
  input_->bias.narrow(0, hidden, hidden).fill_(1.0);  // forget gates
}

LstmCarry LstmLayerImpl::zeros(int64_t rows) const {
  const at::Tensor none = at::zeros({rows, hidden_}, recurrent_.options().requires_grad(false));
  return {none, none};
}

LstmSteps LstmLayerImpl::forward(const at::Tensor& input, const LstmCarry& begin) {
  TORCH_CHECK(input.dim() == 3 && input.size(0) > 0,
              "[lstm] input must be [length, rows, numbers], length not 0, got ", input.sizes());
  const bool drops = weight_drop_ && is_training();
  return lstm_steps(gates(input), drops ? weight_drop_->forward(recurrent_) : recurrent_,
                    begin.output.defined() ? begin : zeros(input.size(1)), drops ? nullptr : &packed_);
}

at::Tensor LstmLayerImpl::windows(const at::Tensor& input, int64_t window) {
  TORCH_CHECK(
      input.dim() == 3 && input.size(0) > 0 && window > 0,
      "[lstm] windows need an input [length, rows, numbers], length not 0, and at least one step, got ",
      input.sizes(), " and ", window);
  TORCH_CHECK(!weight_drop_, "[lstm] windows do not drop weights");
  const int64_t length = input.size(0), rows = input.size(1);
  const at::Tensor before =
      at::zeros({window - 1, rows, input.size(2)}, input.options().requires_grad(false));
  const at::Tensor gates = this->gates(at::cat({before, input}));  // [window - 1 + length, rows, 4 * hidden]
  const AutocastGuard exact(gates.device().type(), at::kBFloat16, /*enabled=*/false);
  if (has_kernels(gates, recurrent_))
    return LstmWindowsFunction::apply(gates, recurrent_, window,
                                      at::GradMode::is_enabled() ? nullptr : &packed_);
  LstmCarry carry = zeros(length * rows);
  for (int64_t m = 0; m < window; ++m) {
    carry = plain_cell(gates.narrow(0, m, length).flatten(0, 1),
                       linear(carry.output, recurrent_, at::Tensor()), carry.cell);
  }
  return carry.output.view({length, rows, hidden_});
}

at::Tensor LstmLayerImpl::gates(const at::Tensor& input) {
  return input_->forward(input).to(recurrent_.scalar_type());
}

LstmCarry LstmLayerImpl::step(const at::Tensor& input, const LstmCarry& carry) {
  return step_from(gates(input), carry);
}

LstmCarry LstmLayerImpl::step_from(const at::Tensor& gates, const LstmCarry& carry) {
  return lstm_cell(gates, linear(carry.output, recurrent_, {}, &packed_), carry.cell);
}

}  // namespace heed::nn
