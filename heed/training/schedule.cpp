// SPDX-License-Identifier: Apache-2.0
#include "heed/training/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace heed::training {

double scheduled_learning_rate(const TrainingOptions& options, int64_t step) {
  const double peak = options.learning_rate;
  const auto now = static_cast<double>(std::max<int64_t>(step, 1));
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
