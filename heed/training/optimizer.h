// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "heed/training/options.h"

namespace heed::training {

/// A trainable tensor under the first of its names.
struct NamedParameter {
  std::string name;
  at::Tensor value;
  bool decays = true;  ///< weight decay applies: not for biases and norms (one dimension) nor embeddings,
                       ///< those of relative positions included
};

/// Parameters that ask for gradients, in registration order, a tied one once.
std::vector<NamedParameter> trainable_parameters(const torch::nn::Module& module);

/// Norm of all gradients together, as a scalar tensor on their device. Parameters without a gradient count
/// nothing.
at::Tensor gradient_norm(const std::vector<NamedParameter>& parameters);

/// What the gradients must be divided by: their scale, and more where norm / scale exceeds `clip_norm` (0 =
/// no clipping).
double clipping_divisor(double norm, double scale, double clip_norm);

/// Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019) by libtorch's fused kernels: one pass
/// over weights, gradients and moments. Moments are kept and saved by parameter name.
class Adam {
 public:
  Adam(std::vector<NamedParameter> parameters, const TrainingOptions& options);

  /// One update; `gradient_divisor` divides every gradient on the way. Parameters without a gradient stay as
  /// they are.
  void step(double learning_rate, double gradient_divisor = 1);
  /// Drops all gradients.
  void zero_grad();

  const std::vector<NamedParameter>& parameters() const { return parameters_; }
  /// "first.<name>", "second.<name>" and "step"; the tensors are the optimizer's own, so that what is copied
  /// into them is restored.
  std::map<std::string, at::Tensor> state() const;

 private:
  struct Moments {
    at::Tensor first, second;
  };
  void step_group(bool decays, double learning_rate, const std::optional<at::Tensor>& divisor);

  std::vector<NamedParameter> parameters_;
  std::vector<Moments> moments_;
  at::Tensor step_;  ///< float scalar, as the fused kernels want it
  bool decoupled_;
  double beta1_, beta2_, epsilon_, weight_decay_;
};

}  // namespace heed::training
