// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/linear_cross_entropy.h"

#include <algorithm>
#include <optional>

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/scalar_tensor.h>
#include <torch/csrc/autograd/custom_function.h>

#include "heed/nn/linear.h"
#include "heed/nn/matrix_product.h"

namespace heed::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kLogitsAtOnce = 1 << 21, kLeastRows = 256;

struct LinearCrossEntropy : torch::autograd::Function<LinearCrossEntropy> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden, const at::Tensor& weight,
                            const std::optional<at::Tensor>& maybe_bias, const at::Tensor& target,
                            double smoothing, bool gradient, PackedWeight* kept) {
    const int64_t rows = hidden.size(0), classes = weight.size(0);
    const int64_t slice = std::min(rows, std::max(kLeastRows, kLogitsAtOnce / classes));
    const at::Tensor bias = maybe_bias.value_or(at::Tensor()), labels = target.contiguous();
    const auto kernel = cross_entropy_kernel.find(hidden);
    at::Tensor hidden_grad, weight_grad, bias_grad;
    if (gradient) hidden_grad = at::empty(hidden.sizes(), hidden.options());
    PackedWeight once, packed_transposed;
    PackedWeight* packed = kept && !gradient ? kept : &once;
    double loss = 0;
    for (int64_t first = 0; first < rows; first += slice) {
      const int64_t count = std::min(slice, rows - first);
      const at::Tensor some = hidden.narrow(0, first, count);
      const at::Tensor logits = linear(some, weight, bias, packed);
      loss += kernel(logits, labels.narrow(0, first, count), smoothing, gradient);
      if (!gradient) continue;
      hidden_grad.narrow(0, first, count).copy_(linear(logits, weight.t(), at::Tensor(), &packed_transposed));
      const auto add = [](at::Tensor& sum, const at::Tensor& part) {
        sum = sum.defined() ? sum.add_(part) : part;
      };
      add(weight_grad, linear(logits.t(), some.t(), at::Tensor()));
      if (bias.defined()) add(bias_grad, column_sums(logits));
    }
    if (gradient) context->save_for_backward({hidden_grad, weight_grad, bias_grad});
    return at::scalar_tensor(loss, at::TensorOptions().dtype(at::kDouble)).to(at::kFloat);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "[linear_cross_entropy] is differentiable once");
    variable_list result(7);
    const auto saved = context->get_saved_variables();
    const double scale = gradients[0].item<double>();
    for (size_t i = 0; i < saved.size(); ++i) {
      if (saved[i].defined() && context->needs_input_grad(i))
        result[i] = scale == 1 ? saved[i] : saved[i] * scale;
    }
    return result;
  }
};

}  // namespace

bool takes_linear_cross_entropy(const at::Tensor& hidden, const at::Tensor& weight) {
  const auto fits = [](const at::Tensor& tensor) {
    return cross_entropy_kernel.find(tensor) && tensor.layout() == at::kStrided;
  };
  return fits(hidden) && fits(weight) && hidden.device() == weight.device() &&
         !at::autocast::is_autocast_enabled(hidden.device().type());
}

at::Tensor linear_cross_entropy(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& bias,
                                const at::Tensor& target, double label_smoothing, PackedWeight* packed) {
  TORCH_CHECK(takes_linear_cross_entropy(hidden, weight),
              "[linear_cross_entropy] has no kernel for hidden of ", hidden.scalar_type(), " on ",
              hidden.device(), " and weight of ", weight.scalar_type(), " on ", weight.device(),
              ", or runs under autocast");
  TORCH_CHECK(hidden.dim() == 2 && weight.dim() == 2 && hidden.size(1) == weight.size(1),
              "[linear_cross_entropy] hidden must be [rows, in] and weight [classes, in], got ",
              hidden.sizes(), " and ", weight.sizes());
  TORCH_CHECK(!bias.defined() || (bias.dim() == 1 && bias.size(0) == weight.size(0)),
              "[linear_cross_entropy] bias must be [classes], got ", bias.sizes());
  TORCH_CHECK(target.dim() == 1 && target.size(0) == hidden.size(0) && target.scalar_type() == at::kLong &&
                  target.device() == hidden.device(),
              "[linear_cross_entropy] target must be [rows] int64 on ", hidden.device(), ", got ",
              target.sizes(), " ", target.scalar_type(), " on ", target.device());
  TORCH_CHECK(label_smoothing >= 0 && label_smoothing <= 1,
              "[linear_cross_entropy] label_smoothing must be in 0 to 1, got ", label_smoothing);
  TORCH_CHECK(target.numel() == 0 ||
                  (target.min().item<int64_t>() >= 0 && target.max().item<int64_t>() < weight.size(0)),
              "[linear_cross_entropy] a target is not one of ", weight.size(0), " classes");
  const bool gradient = at::GradMode::is_enabled() && (hidden.requires_grad() || weight.requires_grad() ||
                                                       (bias.defined() && bias.requires_grad()));
  const std::optional<at::Tensor> maybe_bias = bias.defined() ? std::optional(bias) : std::nullopt;
  return LinearCrossEntropy::apply(hidden, weight, maybe_bias, target, label_smoothing, gradient, packed);
}

}  // namespace heed::nn
