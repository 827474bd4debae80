// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "heed/training/stepper.h"

namespace heed::training {

/// Smoothed loss and throughput between two lines of metrics, for the progress line and the metrics.
class Meter {
 public:
  void add(const StepReport& report, double tokens, double seconds) {
    constexpr double kNew = 0.05;
    if (report.applied) {
      const double loss = report.loss / static_cast<double>(report.targets);
      smooth_loss_ = smooth_loss_ ? (1 - kNew) * *smooth_loss_ + kNew * loss : loss;
    }
    tokens_ += tokens;
    seconds_ += seconds;
    rate_ = seconds_ > 0 ? tokens_ / seconds_ : 0;
  }
  void restart() { tokens_ = seconds_ = 0; }
  double tokens_per_second() const { return rate_; }
  std::optional<double> loss() const {
    return smooth_loss_;
  }  ///< absent before the first step that was applied

 private:
  std::optional<double> smooth_loss_;
  double tokens_ = 0, seconds_ = 0, rate_ = 0;
};

}  // namespace heed::training
