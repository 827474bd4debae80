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

/// A trainable tensor and its first name.
struct NamedParameter {
  std::string name;
  at::Tensor value;
  bool decays = true;   ///< whether weight decay applies: not to biases and norms (one dimension) or
                        ///< embeddings (torch::nn::Embedding, nn::HoldsEmbeddings)
  bool embeds = false;  ///< whether it is one of these embeddings
  double rate = 1;      ///< factor of the learning rate
};

/// Returns the parameters that require gradients, in registration order, tied ones once.
std::vector<NamedParameter> trainable_parameters(const torch::nn::Module& module);

/// Returns the norm of all gradients together as a scalar tensor on their device. Parameters without a
/// gradient contribute nothing.
at::Tensor gradient_norm(const std::vector<NamedParameter>& parameters);

/// Returns the divisor for the gradients: `scale`, or more if norm / scale exceeds `clip_norm` (0: no
/// clipping).
double clipping_divisor(double norm, double scale, double clip_norm);

/// Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019), with libtorch's fused kernels: one pass
/// over weights, gradients and moments. Moments are stored by parameter name.
class Adam {
 public:
  Adam(std::vector<NamedParameter> parameters, const TrainingOptions& options);

  /// Performs one update, dividing every gradient by `gradient_divisor`. Parameters without a gradient stay
  /// unchanged.
  void step(double learning_rate, double gradient_divisor = 1);
  /// Sets all gradients to undefined.
  void zero_grad();

  const std::vector<NamedParameter>& parameters() const { return parameters_; }
  /// Returns the optimizer's own tensors as "first.<name>", "second.<name>" and "step"; copying into them
  /// restores a saved state.
  std::map<std::string, at::Tensor> state() const;

 private:
  struct Moments {
    at::Tensor first, second;
  };
  /// Parameters that take the same step, by index.
  struct Group {
    bool decays = true;
    double rate = 1;
    std::vector<size_t> parameters;
  };
  void step_group(const Group& group, double learning_rate, const std::optional<at::Tensor>& divisor);

  std::vector<NamedParameter> parameters_;
  std::vector<Moments> moments_;
  std::vector<Group> groups_;
  at::Tensor step_;  ///< float scalar, as the fused kernels require
  bool decoupled_;
  double beta1_, beta2_, epsilon_, weight_decay_;
};

}  // namespace heed::training
