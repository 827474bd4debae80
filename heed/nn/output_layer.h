// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "heed/nn/linear.h"

namespace heed::nn {

/// A model's last layer: logits are features weight^T + bias.
struct OutputLayer {
  at::Tensor weight;               ///< [vocabulary, width]
  at::Tensor bias;                 ///< [vocabulary] or undefined
  PackedWeight* packed = nullptr;  ///< the model's storage for the packed weight

  /// [..., width] to [..., vocabulary].
  at::Tensor logits(const at::Tensor& features) const { return linear(features, weight, bias, packed); }
};

}  // namespace heed::nn
