// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "heed/training/options.h"

namespace heed::training {

/// A part of a run's plan: after `from_step`, each step advances the schedule by `pace`, up to step `steps`.
struct PlanPart {
  int64_t from_step = 0;  ///< number of steps done when this part begins
  int64_t steps = 0;      ///< steps of the whole run
  double position = 0;    ///< schedule position at from_step, in steps of the first part
  double pace = 1;        ///< schedule positions per step
};

/// The number of steps of a run, and the schedule position of each step. Both are pure functions of the
/// parts, so runs with equal parts are equal bit for bit.
///
/// The first part comes from the options. A run with a time budget adds parts when its speed changes, and a run
/// that trains on adds one where it stood. Both store them in RUN/plan.json:
///
///     {"parts":[{"from_step":0,"steps":1600,"position":0.0,"pace":1.0},
///               {"from_step":500,"steps":900,"position":500.0,"pace":2.75}],
///      "kept_until":506,"validation_steps":9.1,"checkpoint_seconds":0.2,"minutes":3.0,"seconds_before":0.0}
struct StepPlan {
  std::vector<PlanPart> parts;
  int64_t kept_until = 0;         ///< step before which no part is added, because steps up to it are final
  double validation_steps = 0;    ///< cost of a validation in steps; 0: unknown
  double checkpoint_seconds = 0;  ///< cost of a checkpoint in seconds; 0: unknown
  double minutes;                 ///< time budget; 0: none
  double seconds_before = 0;      ///< seconds that the run had taken when its time budget began

  explicit StepPlan(const TrainingOptions& options)
      : parts{{.steps = options.steps}}, minutes(options.minutes) {}

  int64_t steps() const { return parts.back().steps; }
  /// Returns the schedule position of a step, counted from 1; equal to the step while there is one part.
  double position(int64_t step) const;
  /// Adds a part after `step` steps so that the run ends at step `steps`. Cosine completes the rest of its
  /// curve by then. Noam and constant have no end and keep their pace, but a warm-up that would take more
  /// than a quarter of the remaining steps is shortened.
  void change(const TrainingOptions& options, int64_t step, int64_t steps);
  /// Adds a part after `step` steps, with which a run trains on until step `steps`, finished or not. Noam and constant
  /// go on as they were. Cosine, which may have reached its end, continues as the curve of a run of `steps` steps: the
  /// rate of each later step is that of such a run.
  void extend(const TrainingOptions& options, int64_t step, int64_t steps);

 private:
  void add_part(const TrainingOptions& options, int64_t step, int64_t steps, double now);
};

/// Writes the plan atomically and durably.
void write_plan(const std::filesystem::path& run, const StepPlan& plan);

/// Reads the run's plan; returns that of `options` if none is stored. Throws Error(kCheckpoint) for an
/// invalid file.
StepPlan read_plan(const std::filesystem::path& run, const TrainingOptions& options);

}  // namespace heed::training
