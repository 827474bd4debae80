// SPDX-License-Identifier: Apache-2.0
#include "heed/training/optimizer.h"

#include <algorithm>
#include <set>

#include <ATen/ATen.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <c10/core/GradMode.h>
#include <torch/nn/modules/embedding.h>

#include "heed/nn/holds_embeddings.h"

namespace heed::training {
namespace {

/// Returns the weights of torch::nn::Embedding and of modules that derive from nn::HoldsEmbeddings.
std::set<const void*> embedding_weights(const torch::nn::Module& module) {
  std::set<const void*> found;
  const auto visit = [&](const torch::nn::Module& part) {
    if (const auto* embedding = part.as<torch::nn::Embedding>()) {
      found.insert(embedding->weight.unsafeGetTensorImpl());
    } else if (const auto* holder = dynamic_cast<const nn::HoldsEmbeddings*>(&part)) {
      for (const auto& table : holder->embeddings()) found.insert(table.unsafeGetTensorImpl());
    }
  };
  visit(module);
  // Excludes the module itself, which libtorch could only return as a shared pointer.
  for (const auto& part : module.modules(/*include_self=*/false)) visit(*part);
  return found;
}

}  // namespace

std::vector<NamedParameter> trainable_parameters(const torch::nn::Module& module) {
  const auto embeddings = embedding_weights(module);
  std::set<const void*> seen;
  std::vector<NamedParameter> result;
  for (const auto& item : module.named_parameters()) {
    const at::Tensor& value = item.value();
    if (!value.requires_grad() || !seen.insert(value.unsafeGetTensorImpl()).second) continue;
    const bool embeds = embeddings.count(value.unsafeGetTensorImpl()) > 0;
    result.push_back({item.key(), value, value.dim() > 1 && !embeds, embeds});
  }
  return result;
}

at::Tensor gradient_norm(const std::vector<NamedParameter>& parameters) {
  std::vector<at::Tensor> gradients;
  for (const auto& parameter : parameters) {
    if (parameter.value.grad().defined()) gradients.push_back(parameter.value.grad());
  }
  if (gradients.empty()) return at::zeros({}, at::kDouble);
  return at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients, 2)).to(at::kDouble), 2);
}

double clipping_divisor(double norm, double scale, double clip_norm) {
  return clip_norm > 0 && norm > clip_norm * scale ? norm / clip_norm : scale;
}

Adam::Adam(std::vector<NamedParameter> parameters, const TrainingOptions& options)
    : parameters_(std::move(parameters)),
      decoupled_(options.optimizer == "adamw"),
      beta1_(options.beta1),
      beta2_(options.beta2),
      epsilon_(options.epsilon),
      weight_decay_(options.weight_decay) {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    NamedParameter& parameter = parameters_[i];
    parameter.decays |= options.decay_all;
    moments_.push_back({at::zeros_like(parameter.value), at::zeros_like(parameter.value)});
    auto group = std::find_if(groups_.begin(), groups_.end(), [&](const Group& g) {
      return g.decays == parameter.decays && g.rate == parameter.rate;
    });
    if (group == groups_.end()) group = groups_.insert(group, {parameter.decays, parameter.rate, {}});
    group->parameters.push_back(i);
  }
  const auto device = parameters_.empty() ? at::Device(at::kCPU) : parameters_.front().value.device();
  step_ = at::zeros({}, at::TensorOptions().dtype(at::kFloat).device(device));
}

void Adam::step(double learning_rate, double gradient_divisor) {
  const c10::NoGradGuard no_grad;
  std::optional<at::Tensor> divisor;
  if (gradient_divisor != 1) divisor = at::full({}, gradient_divisor, step_.options());
  step_.add_(1);
  for (const Group& group : groups_) step_group(group, learning_rate, divisor);
}

void Adam::step_group(const Group& group, double learning_rate, const std::optional<at::Tensor>& divisor) {
  std::vector<at::Tensor> values, gradients, first, second, steps;
  for (const size_t i : group.parameters) {
    const at::Tensor& gradient = parameters_[i].value.grad();
    if (!gradient.defined()) continue;
    values.push_back(parameters_[i].value);
    gradients.push_back(gradient);
    first.push_back(moments_[i].first);
    second.push_back(moments_[i].second);
    steps.push_back(step_);
  }
  if (values.empty()) return;
  const auto update =
      decoupled_ ? static_cast<decltype(&at::_ops::_fused_adamw_::call)>(&at::_ops::_fused_adamw_::call)
                 : &at::_ops::_fused_adam_::call;
  update(values, gradients, first, second, {}, steps, learning_rate * group.rate, beta1_, beta2_,
         group.decays ? weight_decay_ : 0, epsilon_,
         /*amsgrad=*/false, /*maximize=*/false, divisor, std::nullopt);
  // The fused kernels do not increment the version counter, on which caches of converted weights depend.
  for (const at::Tensor& value : values) value.unsafeGetTensorImpl()->bump_version();
}

void Adam::zero_grad() {
  for (auto& parameter : parameters_) parameter.value.mutable_grad() = at::Tensor();
}

std::map<std::string, at::Tensor> Adam::state() const {
  std::map<std::string, at::Tensor> state{{"step", step_}};
  for (size_t i = 0; i < parameters_.size(); ++i) {
    state["first." + parameters_[i].name] = moments_[i].first;
    state["second." + parameters_[i].name] = moments_[i].second;
  }
  return state;
}

}  // namespace heed::training
