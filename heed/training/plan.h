// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <c10/core/Device.h>

#include "heed/training/objective.h"
#include "heed/training/options.h"

namespace heed::training {

/// The number of steps that fit into a time budget, and the measurements behind it.
struct Plan {
  int64_t steps = 0;
  double minutes = 0;  ///< time budget
  double seconds_per_step = 0;
  double seconds_per_validation = 0;
  double seconds_spent = 0;  ///< time for making the plan
};

/// Times two warm-up steps, up to 20 steps and one validation. Then computes the number of steps that fit
/// into `minutes`, including validations between them and the time spent here; at least 1 step. Stops timing
/// after 3 steps if a tenth of the budget is used up. Restores weights, buffers and torch's random state: a
/// run of the planned steps equals one that was started with that number.
Plan plan_steps(Objective& objective, const TrainingOptions& options, double minutes,
                at::Device device = at::kCPU);

/// Stores the first plan in the options: its steps, its minutes (which the trainer keeps by changing the
/// plan, see Pacer), and a warm-up of at most a quarter of the steps.
void apply_plan(TrainingOptions& options, const Plan& plan);

struct DryRun {
  int64_t parameters = 0;  ///< trainable values, tied ones counted once
  double peak_bytes = 0;   ///< peak of the process on the CPU, of the allocator on other devices
  double tokens_per_second = 0;
  double seconds_expected = 0;  ///< for options.steps and their validations
};

/// Measures like plan_steps and restores everything.
DryRun dry_run(Objective& objective, const TrainingOptions& options, at::Device device = at::kCPU);

}  // namespace heed::training
