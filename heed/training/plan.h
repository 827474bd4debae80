// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <c10/core/Device.h>

#include "heed/training/objective.h"
#include "heed/training/options.h"

namespace heed::training {

/// How many steps a time budget holds, and the measurements behind it.
struct Plan {
  int64_t steps = 0;
  double minutes = 0;  ///< the budget
  double seconds_per_step = 0;
  double seconds_per_validation = 0;
  double seconds_spent = 0;  ///< on making the plan
};

/// Times two warm-up steps, up to 20 steps and one validation, then counts the steps that fit into `minutes`
/// together with the validations between them, less the time spent here. Timing stops after 3 steps once a
/// tenth of the budget is gone. Weights, buffers and torch's random state are afterwards as before: a run of
/// the planned steps equals one that was started with them. At least 1 step.
Plan plan_steps(Objective& objective, const TrainingOptions& options, double minutes,
                at::Device device = at::kCPU);

/// Puts the first plan into options that are about to be stored: its steps, its minutes, which the trainer
/// keeps to by planning anew (see Pacer), and a warm-up of at most a quarter of the steps.
void apply_plan(TrainingOptions& options, const Plan& plan);

struct DryRun {
  int64_t parameters = 0;  ///< trainable values, tied ones once
  double peak_bytes = 0;   ///< of the whole process on the CPU, of the allocator on another device
  double tokens_per_second = 0;
  double seconds_expected = 0;  ///< for all of options.steps with their validations
};

/// Measures as plan_steps does, and leaves everything as it was.
DryRun dry_run(Objective& objective, const TrainingOptions& options, at::Device device = at::kCPU);

}  // namespace heed::training
