// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "heed/nn/linear.h"

namespace heed::nn {

/// A linear layer whose weight rows have separate lengths and directions, w_i = g_i v_i / |v_i| (Salimans and
/// Kingma 2016, arXiv:1602.07868): parameters `length` [out, 1], `direction` [out, in] and `bias` [out].
/// While grad mode is off it caches the weight, until training mode is entered or a parameter is changed.
class WeightNormLinearImpl : public torch::nn::Module, public KeepsPackedWeights {
 public:
  /// Directions are initialised with this standard deviation, lengths to those of the directions, biases to
  /// 0.
  WeightNormLinearImpl(int64_t in, int64_t out, double deviation);
  at::Tensor forward(const at::Tensor& input);
  void train(bool on = true) override;
  std::vector<PackedWeight*> packed_weights() override { return {&packed_}; }

 private:
  at::Tensor kept_weight();

  at::Tensor length_, direction_, bias_;
  std::mutex mutex_;
  at::Tensor weight_;  ///< weight for the versions below, or undefined
  int64_t length_version_ = 0, direction_version_ = 0;
  PackedWeight packed_;
};
TORCH_MODULE(WeightNormLinear);

}  // namespace heed::nn
