// SPDX-License-Identifier: Apache-2.0
#include "heed/training/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace heed::training {

double scheduled_learning_rate(const TrainingOptions& options, double position) {
  const double peak = options.learning_rate;
  const double now = std::max(position, 1.0);
  const auto warmup = static_cast<double>(options.warmup_steps);
  if (now < warmup) return peak * now / warmup;
  if (options.schedule == "noam") return peak * std::sqrt(std::max(warmup, 1.0) / now);
  if (options.schedule == "constant") return peak;
  const double length = std::max(1.0, static_cast<double>(options.steps) - warmup);
  const double part = std::clamp((now - warmup) / length, 0.0, 1.0);
  const double share = options.final_learning_rate_fraction;
  return peak * (share + (1 - share) * 0.5 * (1 + std::cos(std::numbers::pi * part)));
}

}  // namespace heed::training
