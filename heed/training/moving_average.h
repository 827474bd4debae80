// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/training/optimizer.h"

namespace heed::training {

/// Exponential moving average of the weights, by name. Off if `decay` is 0.
///
/// Update n: average += (1 - d) * (weight - average) with d = min(decay, (1 + n) / (10 + n)), so that the
/// initial weights fade quickly.
class MovingAverage {
 public:
  MovingAverage(const std::vector<NamedParameter>& parameters, double decay);

  bool on() const { return decay_ > 0; }
  /// Updates the average; `updates` is the number of earlier updates.
  void update(int64_t updates);
  /// Exchanges weights and average; a second call restores both.
  void swap();

  /// Returns the average's own tensors by name; copying into them restores a saved state.
  std::map<std::string, at::Tensor> state() const;

 private:
  double decay_;
  std::vector<NamedParameter> parameters_;
  std::vector<at::Tensor> average_;
};

}  // namespace heed::training
