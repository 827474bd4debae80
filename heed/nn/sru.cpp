// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/sru.h"

#include <optional>
#include <vector>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/nn/init.h>

namespace heed::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// 0..3 are products, input, begin and keep, 4..7 the four vectors, 8 the cells.
SruTensors as_tensors(const variable_list& saved, const at::Tensor& output) {
  return {.products = saved[0],
          .input = saved[1],
          .begin = saved[2],
          .keep = saved[3],
          .forget_weight = saved[4],
          .reset_weight = saved[5],
          .forget_bias = saved[6],
          .reset_bias = saved[7],
          .cell = saved[8],
          .output = output};
}

struct SruFunction : torch::autograd::Function<SruFunction> {
  static variable_list forward(AutogradContext* context, const at::Tensor& products, const at::Tensor& input,
                               const at::Tensor& begin, const std::optional<at::Tensor>& keep,
                               const at::Tensor& forget_weight, const at::Tensor& reset_weight,
                               const at::Tensor& forget_bias, const at::Tensor& reset_bias) {
    variable_list saved{products.contiguous(), input.contiguous(), begin.contiguous(),
                        keep ? keep->contiguous() : at::Tensor()};
    for (const auto& vector : {forget_weight, reset_weight, forget_bias, reset_bias})
      saved.push_back(vector.contiguous());
    saved.push_back(at::empty_like(saved[1]));
    const at::Tensor output = at::empty_like(saved[1]);
    sru_kernel.find(products)(as_tensors(saved, output));
    context->save_for_backward(saved);
    context->set_materialize_grads(false);
    return {output, saved[8]};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "[sru] is differentiable once");
    const auto saved = context->get_saved_variables();
    const at::Tensor &products = saved[0], &input = saved[1], &begin = saved[2];
    const at::Tensor output_grad = gradients[0].defined() ? gradients[0].contiguous() : at::zeros_like(input);
    const at::Tensor cell_grad = gradients[1].defined() ? gradients[1].contiguous() : at::Tensor();
    const at::Tensor products_grad = at::empty_like(products), input_grad = at::empty_like(input),
                     begin_grad = at::zeros_like(begin),
                     vectors_grad = at::zeros({begin.size(0), 4, begin.size(1)}, begin.options());
    sru_gradient_kernel.find(products)({.forward = as_tensors(saved, {}),
                                        .output_grad = output_grad,
                                        .cell_grad = cell_grad,
                                        .products_grad = products_grad,
                                        .input_grad = input_grad,
                                        .begin_grad = begin_grad,
                                        .vectors_grad = vectors_grad});
    const at::Tensor sums = vectors_grad.sum(0);  // [4, width]
    return {products_grad, input_grad, begin_grad, {}, sums[0], sums[1], sums[2], sums[3]};
  }
};

}  // namespace

SruRecurrenceImpl::SruRecurrenceImpl(int64_t width, double highway_bias) {
  forget_weight_ = register_parameter("forget_weight", at::zeros({width}));
  reset_weight_ = register_parameter("reset_weight", at::zeros({width}));
  forget_bias_ = register_parameter("forget_bias", at::zeros({width}));
  reset_bias_ = register_parameter("reset_bias", at::zeros({width}));
  torch::nn::init::uniform_(forget_weight_, -1, 1);
  torch::nn::init::uniform_(reset_weight_, -1, 1);
  torch::nn::init::constant_(reset_bias_, highway_bias);
}

SruSteps SruRecurrenceImpl::forward(const SruInputs& inputs) {
  const at::ScalarType type = forget_bias_.scalar_type();  // under autocast products have another one
  const at::Tensor products = inputs.products.to(type), x = inputs.input.to(type);
  TORCH_CHECK(
      x.dim() == 3 && x.size(0) > 0 && x.size(2) == width() && products.dim() == 3 &&
          products.size(0) == x.size(0) && products.size(1) == x.size(1) && products.size(2) == 3 * width(),
      "[sru] needs input [length, rows, ", width(), "], length not 0, and three times as wide products, got ",
      x.sizes(), " and ", products.sizes());
  at::Tensor cell = inputs.begin;
  if (!cell.defined()) cell = at::zeros({x.size(1), width()}, x.options().requires_grad(false));
  if (sru_kernel.find(products) && sru_gradient_kernel.find(products)) {
    const auto steps = SruFunction::apply(products, x, cell,
                                          inputs.keep.defined() ? std::optional(inputs.keep) : std::nullopt,
                                          forget_weight_, reset_weight_, forget_bias_, reset_bias_);
    return {steps[0], steps[1]};
  }
  std::vector<at::Tensor> outputs, cells;
  for (int64_t t = 0; t < x.size(0); ++t) {
    const auto parts = products[t].chunk(3, -1);
    const at::Tensor forget = (parts[1] + forget_weight_ * cell + forget_bias_).sigmoid();
    const at::Tensor reset = (parts[2] + reset_weight_ * cell + reset_bias_).sigmoid();
    cell = forget * cell + (1 - forget) * parts[0];
    const at::Tensor kept = inputs.keep.defined() ? cell * inputs.keep : cell;
    outputs.push_back(reset * kept + (1 - reset) * x[t]);
    cells.push_back(cell);
  }
  return {at::stack(outputs), at::stack(cells)};
}

}  // namespace heed::nn
