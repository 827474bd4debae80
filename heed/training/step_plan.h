// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "heed/training/options.h"

namespace heed::training {

/// One plan of a run: the steps after `from_step` move along the schedule at `pace`, up to step `steps`.
struct PlanPart {
  int64_t from_step = 0;  ///< steps done when this part comes into force
  int64_t steps = 0;      ///< steps of the whole run
  double position = 0;    ///< of the schedule at from_step, in steps of the first plan
  double pace = 1;        ///< steps of the first plan that one step moves along the schedule
};

/// How many steps a run takes and where on its schedule each of them stands. Both are pure functions of the
/// parts, so that a run that follows the same parts does the same, bit for bit.
///
/// The first part is that of the options. A run with a time budget adds parts when its rate changes, and
/// keeps them in RUN/plan.json:
///
///     {"parts":[{"from_step":0,"steps":1600,"position":0.0,"pace":1.0},
///               {"from_step":500,"steps":900,"position":500.0,"pace":2.75}],
///      "kept_until":506,"validation_steps":9.1,"checkpoint_seconds":0.2}
struct StepPlan {
  std::vector<PlanPart> parts;
  int64_t kept_until = 0;         ///< no part is added before this step: what was done up to it is settled
  double validation_steps = 0;    ///< what a validation costs, in steps; 0: not known
  double checkpoint_seconds = 0;  ///< what a checkpoint costs; 0: not known

  explicit StepPlan(const TrainingOptions& options) : parts{{.steps = options.steps}} {}

  int64_t steps() const { return parts.back().steps; }
  /// Where the schedule stands at a step, counted from 1; the step itself while there is one part.
  double position(int64_t step) const;
  /// The run shall end at step `steps` from now on, `step` steps being done. Cosine goes through what is left
  /// of its curve by then. Noam and constant have no end and keep their pace; only a warm-up that would take
  /// more than a quarter of the steps left is hurried.
  void change(const TrainingOptions& options, int64_t step, int64_t steps);
};

/// Durable when it returns: complete, or as it was before.
void write_plan(const std::filesystem::path& run, const StepPlan& plan);

/// The run's plan, that of `options` where none is stored. Throws Error(kCheckpoint) when the file is not
/// what write_plan writes.
StepPlan read_plan(const std::filesystem::path& run, const TrainingOptions& options);

}  // namespace heed::training
