// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>

#include "heed/nn/linear.h"

namespace heed::nn {

struct MixtureOfExpertsOptions {
  int64_t width = 512;
  int64_t experts = 8;
  int64_t active = 2;        ///< experts per input; below `experts`
  int64_t hidden = 1024;     ///< hidden width of an expert
  double importance = 0.01;  ///< weight of the squared coefficient of variation of the experts' gates
  double load = 0.01;        ///< weight of the same for the experts' numbers of inputs
};

/// The sparsely gated mixture of experts of Shazeer et al. 2017, arXiv:1701.06538: y = sum_i G(x)_i E_i(x)
/// over the `active` experts that noisy top-k gating chooses (equations 3 to 5). An expert has one hidden
/// layer of rectified linear units. The noise is used in training only.
class MixtureOfExpertsImpl : public torch::nn::Module {
 public:
  /// Throws c10::Error unless 0 < active < experts.
  explicit MixtureOfExpertsImpl(const MixtureOfExpertsOptions& options);

  /// input [..., width] -> [..., width]. In training it also computes balance_loss() over the inputs that
  /// `counted` [...] bool selects (all if undefined), so that padding does not count as load.
  at::Tensor forward(const at::Tensor& input, const at::Tensor& counted = {});
  void train(bool on = true) override;
  /// Returns importance * CV(Importance)^2 + load * CV(Load)^2 of the latest forward() in training (equations
  /// 6 to 11); undefined outside training.
  const at::Tensor& balance_loss() const { return balance_loss_; }

 private:
  /// Returns the gates [n, experts], zero for experts that are not chosen.
  at::Tensor gates(const at::Tensor& input, const at::Tensor& counted);
  at::Tensor expert(int64_t index, const at::Tensor& input);

  MixtureOfExpertsOptions options_;
  Linear gate_{nullptr}, noise_{nullptr};
  torch::nn::ModuleList expand_, contract_;
  at::Tensor balance_loss_;
};
TORCH_MODULE(MixtureOfExperts);

}  // namespace heed::nn
