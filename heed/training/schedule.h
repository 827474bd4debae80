// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/training/options.h"

namespace heed::training {

/// Returns the learning rate at a position of the schedule: the step, counted from 1, unless the plan was
/// changed (see StepPlan).
///
/// Every schedule rises linearly to `learning_rate` over `warmup_steps`. Then
///   noam      falls with the inverse square root of the step: learning_rate * sqrt(warmup / step).
///             Vaswani et al. 2017 write d_model^-0.5 * min(step^-0.5, step * warmup^-1.5); that is this
///             schedule with learning_rate = (d_model * warmup)^-0.5, for example 7.0e-4 at width 512 and
///             warm-up 4,000
///   cosine    falls along half a cosine to learning_rate * final_learning_rate_fraction at `steps`
///   constant  stays at learning_rate
double scheduled_learning_rate(const TrainingOptions& options, double position);

}  // namespace heed::training
