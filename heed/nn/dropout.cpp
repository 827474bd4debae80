// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/dropout.h"

#include <mutex>
#include <optional>
#include <ostream>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/dropout.h>
#include <torch/autograd.h>

namespace heed::nn {
namespace {

uint32_t draw_key() {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return generator.get<at::CPUGeneratorImpl>()->random();
}

class DropoutFunction : public torch::autograd::Function<DropoutFunction> {
 public:
  using Context = torch::autograd::AutogradContext;
  using List = torch::autograd::variable_list;

  static at::Tensor forward(Context* context, const at::Tensor& input,
                            const std::optional<at::Tensor>& residual, double p) {
    const uint32_t key = draw_key();
    context->saved_data["key"] = static_cast<int64_t>(key);
    context->saved_data["p"] = p;
    context->saved_data["residual"] = residual.has_value();
    return dropout_kernel.find(input)(input, residual, key, p);
  }

  static List backward(Context* context, List grads) {
    auto& data = context->saved_data;
    const auto key = static_cast<uint32_t>(data["key"].toInt());
    TORCH_CHECK(!grads[0].requires_grad() || !at::GradMode::is_enabled(), "[dropout] is differentiable once");
    const auto kernel = dropout_kernel.find(grads[0]);
    return {kernel(grads[0], std::nullopt, key, data["p"].toDouble()),
            data["residual"].toBool() ? grads[0] : at::Tensor(), at::Tensor()};
  }
};

}  // namespace

DropoutImpl::DropoutImpl(double p) : p_(p) {
  TORCH_CHECK(p >= 0 && p < 1, "[dropout] p must be at least 0 and below 1, got ", p);
}

at::Tensor DropoutImpl::forward(const at::Tensor& input) {
  if (!is_training() || p_ == 0) return input;
  if (!dropout_kernel.find(input)) return at::dropout(input, p_, true);
  return DropoutFunction::apply(input, std::optional<at::Tensor>(), p_);
}

at::Tensor DropoutImpl::add_to(const at::Tensor& residual, const at::Tensor& input) {
  if (!is_training() || p_ == 0) return residual + input;
  const bool alike = residual.scalar_type() == input.scalar_type() && residual.device() == input.device() &&
                     residual.sizes() == input.sizes();
  if (!dropout_kernel.find(input) || !alike) return residual + forward(input);
  return DropoutFunction::apply(input, std::optional<at::Tensor>(residual), p_);
}

void DropoutImpl::pretty_print(std::ostream& stream) const {
  stream << "heed::nn::Dropout(p=" << p_ << ")";
}

}  // namespace heed::nn
