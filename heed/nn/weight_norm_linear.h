// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "heed/nn/linear.h"

namespace heed::nn {

/// A linear layer whose weight's rows have a length and a direction of their own, w_i = g_i v_i / |v_i|
/// (Salimans and Kingma 2016, arXiv:1602.07868): parameters `length` [out, 1], `direction` [out, in] and
/// `bias` [out]. While grad mode is off it keeps the weight, until training mode is entered or a parameter is
/// written to.
class WeightNormLinearImpl : public torch::nn::Module, public KeepsPackedWeights {
 public:
  /// Directions are drawn with this standard deviation and lengths are theirs; biases begin at 0.
  WeightNormLinearImpl(int64_t in, int64_t out, double deviation);
  at::Tensor forward(const at::Tensor& input);
  void train(bool on = true) override;
  std::vector<PackedWeight*> packed_weights() override { return {&packed_}; }

 private:
  at::Tensor kept_weight();

  at::Tensor length_, direction_, bias_;
  std::mutex mutex_;
  at::Tensor weight_;  ///< of these versions of length and direction; or undefined
  int64_t length_version_ = 0, direction_version_ = 0;
  PackedWeight packed_;
};
TORCH_MODULE(WeightNormLinear);

}  // namespace heed::nn
