// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/dropout.h"

#include <mutex>
#include <optional>
#include <ostream>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/empty_like.h>
#include <torch/autograd.h>

#include "heed/kernels/dropout_hash.h"
#include "heed/kernels/isa.h"

namespace heed::nn {
namespace {

constexpr int64_t kGrain = 1 << 15;  ///< elements that are worth a thread

uint32_t draw_key() {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return generator.get<at::CPUGeneratorImpl>()->random();
}

/// residual (if any) + input with its dropped elements.
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
  at::parallel_for(0, from.numel(), kGrain,
                   [&](int64_t begin, int64_t end) { run.apply(problem, begin, end); });
  return to;
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
    return drop(input, residual, key, p);
  }

  static List backward(Context* context, List grads) {
    auto& data = context->saved_data;
    const auto key = static_cast<uint32_t>(data["key"].toInt());
    TORCH_CHECK(!grads[0].requires_grad() || !at::GradMode::is_enabled(), "[dropout] is differentiable once");
    return {drop(grads[0], std::nullopt, key, data["p"].toDouble()),
            data["residual"].toBool() ? grads[0] : at::Tensor(), at::Tensor()};
  }
};

}  // namespace

DropoutImpl::DropoutImpl(double p) : p_(p) {
  TORCH_CHECK(p >= 0 && p < 1, "[dropout] p must be at least 0 and below 1, got ", p);
}

bool DropoutImpl::runs(const at::Tensor& input) const {
  return input.is_cpu() && input.scalar_type() == at::kFloat;
}

at::Tensor DropoutImpl::forward(const at::Tensor& input) {
  if (!is_training() || p_ == 0) return input;
  if (!runs(input)) return at::dropout(input, p_, true);
  return DropoutFunction::apply(input, std::optional<at::Tensor>(), p_);
}

at::Tensor DropoutImpl::add_to(const at::Tensor& residual, const at::Tensor& input) {
  if (!is_training() || p_ == 0) return residual + input;
  const bool alike = runs(residual) && residual.sizes() == input.sizes();
  if (!runs(input) || !alike) return residual + forward(input);
  return DropoutFunction::apply(input, std::optional<at::Tensor>(residual), p_);
}

void DropoutImpl::pretty_print(std::ostream& stream) const {
  stream << "heed::nn::Dropout(p=" << p_ << ")";
}

}  // namespace heed::nn
