// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/training/optimizer.h"

namespace heed::training {

/// Exponential moving average of the weights, by name. Off when `decay` is 0.
///
/// average += (1 - d) * (weight - average) with d = min(decay, (1 + n) / (10 + n)) at the n-th update, so
/// that the first weights do not linger.
class MovingAverage {
 public:
  MovingAverage(const std::vector<NamedParameter>& parameters, double decay);

  bool on() const { return decay_ > 0; }
  /// `updates` is how many updates came before.
  void update(int64_t updates);
  /// Exchanges weights and average; a second call puts both back.
  void swap();

  /// By name; the tensors are the average's own, so that what is copied into them is restored.
  std::map<std::string, at::Tensor> state() const;

 private:
  double decay_;
  std::vector<NamedParameter> parameters_;
  std::vector<at::Tensor> average_;
};

}  // namespace heed::training
