// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/mixture_of_experts.h"

#include <cmath>
#include <numbers>

#include <ATen/ATen.h>
#include <torch/nn/init.h>

namespace heed::nn {
namespace {

/// Returns the variance divided by the squared mean.
at::Tensor squared_variation(const at::Tensor& values) {
  const at::Tensor mean = values.mean();
  return (values - mean).square().mean() / (mean.square() + 1e-10);
}

at::Tensor counted_sum(const at::Tensor& values, const at::Tensor& counted) {
  if (!counted.defined()) return values.sum(0);
  return (values * counted.flatten().unsqueeze(1).to(values.scalar_type())).sum(0);
}

}  // namespace

MixtureOfExpertsImpl::MixtureOfExpertsImpl(const MixtureOfExpertsOptions& options) : options_(options) {
  TORCH_CHECK(options.active > 0 && options.active < options.experts,
              "[mixture of experts] active experts must be at least 1 and below ", options.experts, ", got ",
              options.active);
  const auto gate = [&](const char* name) {
    auto module = register_module(name, Linear(LinearOptions(options.width, options.experts).bias(false)));
    torch::nn::init::zeros_(module->weight);  // starts with a balanced load
    return module;
  };
  gate_ = gate("gate");
  noise_ = gate("noise");
  expand_ = register_module("expand", torch::nn::ModuleList());
  contract_ = register_module("contract", torch::nn::ModuleList());
  for (int64_t i = 0; i < options.experts; ++i) {
    expand_->push_back(Linear(options.width, options.hidden));
    contract_->push_back(Linear(options.hidden, options.width));
  }
}

at::Tensor MixtureOfExpertsImpl::gates(const at::Tensor& input, const at::Tensor& counted) {
  const at::Tensor clean = gate_->forward(input);  // [n, experts]
  at::Tensor deviation, scores = clean;
  if (is_training()) {
    deviation = at::softplus(noise_->forward(input)) + 1e-2;
    scores = clean + at::randn_like(clean) * deviation;
  }
  // A stable sort: ties go to the first expert, whatever the other rows are.
  const auto [sorted, order] = at::sort(scores, /*stable=*/true, /*dim=*/1, /*descending=*/true);
  const at::Tensor chosen = order.narrow(1, 0, options_.active);
  const at::Tensor weights = at::softmax(sorted.narrow(1, 0, options_.active), 1);
  const at::Tensor result = at::zeros_like(clean).scatter(1, chosen, weights);
  if (!is_training()) return result;
  // Smallest score that would be chosen among the other experts if this expert's noise were drawn again.
  const at::Tensor last = sorted.select(1, options_.active - 1), next = sorted.select(1, options_.active);
  const at::Tensor in = at::zeros_like(clean, at::kBool).scatter(1, chosen, true);
  const at::Tensor threshold = at::where(in, next.unsqueeze(1), last.unsqueeze(1));
  const at::Tensor probability = 0.5 * (1 + at::erf((clean - threshold) / (deviation * std::numbers::sqrt2)));
  balance_loss_ = options_.importance * squared_variation(counted_sum(result, counted)) +
                  options_.load * squared_variation(counted_sum(probability, counted));
  return result;
}

at::Tensor MixtureOfExpertsImpl::expert(int64_t index, const at::Tensor& input) {
  const auto i = static_cast<size_t>(index);
  return contract_->ptr<LinearImpl>(i)->forward(at::relu(expand_->ptr<LinearImpl>(i)->forward(input)));
}

void MixtureOfExpertsImpl::train(bool on) {
  balance_loss_ = at::Tensor();
  torch::nn::Module::train(on);
}

at::Tensor MixtureOfExpertsImpl::forward(const at::Tensor& input, const at::Tensor& counted) {
  const at::Tensor rows = input.reshape({-1, input.size(-1)});
  const at::Tensor gate = gates(rows, counted);
  at::Tensor result = at::zeros_like(rows);
  for (int64_t i = 0; i < options_.experts; ++i) {
    const at::Tensor weight = gate.select(1, i), taken = at::nonzero(weight).squeeze(1);
    if (taken.numel() == 0) continue;
    const at::Tensor part = expert(i, rows.index_select(0, taken));
    // Under autocast the products have a half type; the sum does not.
    const at::Tensor share = part * weight.index_select(0, taken).unsqueeze(1);
    result = result.index_add(0, taken, share.to(result.scalar_type()));
  }
  return result.view(input.sizes());
}

}  // namespace heed::nn
