// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/linear.h"

#include <cmath>
#include <optional>
#include <ostream>

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/nn/init.h>

#include "heed/nn/linear_choice.h"
#include "heed/nn/matrix_product.h"
#include "heed/nn/onednn_linear.h"

namespace heed::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Number of rows below which packing a weight costs more than it gains.
constexpr int64_t kFewRows = 32;

bool plain(const at::Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.scalar_type() == at::kFloat && tensor.layout() == at::kStrided;
}

thread_local bool row_invariant = false;

/// Whether all tensors are float32 on the CPU with fitting shapes; at::linear handles or rejects the rest.
bool in_order(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
  if (!plain(input) || !plain(weight) || (bias.defined() && !plain(bias))) return false;
  if (at::autocast::is_autocast_enabled(at::kCPU)) return false;
  if (input.dim() < 1 || weight.dim() != 2 || input.size(-1) != weight.size(1)) return false;
  if (bias.defined() && (bias.dim() != 1 || bias.size(0) != weight.size(0))) return false;
  return input.numel() != 0 && weight.numel() != 0;
}

/// Whether heed's implementations may compute this call's float32 products.
bool ours() {
  return chosen_linear().kind != LinearKind::kMkl || (row_invariant && !at::GradMode::is_enabled());
}

bool may_read(const PackedWeight& packed) {
  return !at::GradMode::is_enabled() && (packed.type() != WeightType::kFloat32 || ours());
}

at::Tensor as_matrix(const at::Tensor& tensor) {
  if (tensor.dim() == 2) return tensor;
  return tensor.reshape({-1, tensor.size(-1)});
}

/// Returns left right + bias by the chosen implementation.
at::Tensor product(const at::Tensor& left, const at::Tensor& right, const at::Tensor& bias) {
  return chosen_linear().kind == LinearKind::kOneDnn ? onednn_linear(left, right.t(), bias)
                                                     : matrix_product(left, right, bias);
}

at::Tensor shaped(const at::Tensor& matrix, const at::Tensor& like) {
  if (like.dim() == 2) return matrix;
  auto sizes = like.sizes().vec();
  sizes.back() = matrix.size(1);
  return matrix.view(sizes);
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias) {
    context->save_for_backward({input, weight});
    context->saved_data["bias"] = bias.has_value();
    return shaped(product(as_matrix(input), weight.t(), bias.value_or(at::Tensor())), input);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &weight = saved[1];
    const at::Tensor gradient = as_matrix(gradients[0]);  // [rows, out]
    const auto multiply = [](const at::Tensor& left, const at::Tensor& right) {
      // A gradient of this gradient is required: use differentiable operations.
      return at::GradMode::is_enabled() ? left.mm(right) : product(left, right, at::Tensor());
    };
    variable_list result(3);
    if (context->needs_input_grad(0)) result[0] = multiply(gradient, weight).view(input.sizes());
    if (context->needs_input_grad(1)) result[1] = multiply(gradient.t(), as_matrix(input));
    if (context->saved_data["bias"].toBool() && context->needs_input_grad(2))
      result[2] = at::GradMode::is_enabled() ? gradient.sum(0) : column_sums(gradient);
    return result;
  }
};

}  // namespace

RowInvariantScope::RowInvariantScope() : before_(row_invariant) {
  row_invariant = true;
}

RowInvariantScope::~RowInvariantScope() {
  row_invariant = before_;
}

bool takes_packed(const at::Tensor& weight, const at::Tensor& bias, const PackedWeight& packed) {
  return plain(weight) && weight.dim() == 2 && weight.numel() != 0 &&
         (!bias.defined() || (plain(bias) && bias.is_contiguous() && bias.numel() == weight.size(0))) &&
         !at::autocast::is_autocast_enabled(at::kCPU) && may_read(packed);
}

at::Tensor linear(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                  PackedWeight* packed) {
  const std::optional<at::Tensor> maybe_bias = bias.defined() ? std::optional(bias) : std::nullopt;
  if (!in_order(input, weight, bias)) return at::linear(input, weight, maybe_bias);
  if (packed != nullptr && may_read(*packed))
    return shaped(packed->product(as_matrix(input), weight, bias), input);
  if (!ours()) return at::linear(input, weight, maybe_bias);
  if (row_invariant && !at::GradMode::is_enabled())
    return shaped(matrix_product(as_matrix(input), weight.t(), bias), input);
  if (packed != nullptr) packed->clear();
  if (input.numel() < kFewRows * weight.size(1)) return at::linear(input, weight, maybe_bias);
  return LinearFunction::apply(input, weight, maybe_bias);
}

LinearImpl::LinearImpl(const LinearOptions& options) : options(options) {
  LinearImpl::reset();
}

void LinearImpl::reset() {
  weight = register_parameter("weight", at::empty({options.out_features(), options.in_features()}));
  bias = register_parameter("bias", options.bias() ? at::empty({options.out_features()}) : at::Tensor(),
                            /*requires_grad=*/options.bias());
  packed_.clear();
  reset_parameters();
}

void LinearImpl::reset_parameters() {
  torch::nn::init::kaiming_uniform_(weight, std::sqrt(5.0));
  if (!bias.defined()) return;
  const double bound = 1.0 / std::sqrt(static_cast<double>(options.in_features()));
  torch::nn::init::uniform_(bias, -bound, bound);
}

void LinearImpl::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "heed::nn::Linear(in_features=" << options.in_features()
         << ", out_features=" << options.out_features() << ", bias=" << options.bias() << ")";
}

void LinearImpl::train(bool on) {
  if (on) packed_.clear();
  torch::nn::Module::train(on);
}

at::Tensor LinearImpl::forward(const at::Tensor& input) {
  return linear(input, weight, bias, &packed_);
}

}  // namespace heed::nn
