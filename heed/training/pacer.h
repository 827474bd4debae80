// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>

#include "heed/training/options.h"
#include "heed/training/step_plan.h"

namespace heed::training {

/// Keeps a run within its time: measures steps, validations and checkpoints, and changes the plan if the run
/// would miss its end by more than 2 % of its time. A plan without minutes changes only if the run trains on.
///
/// A plan is stored before the first step that follows it, together with the step until which it will not
/// change. A run that is killed and continues from an earlier checkpoint therefore repeats its steps under
/// the same plans.
class Pacer {
 public:
  /// Continues with the plan stored in `run`. Keeps a reference to the options.
  Pacer(const TrainingOptions& options, const std::filesystem::path& run);

  /// Makes a run that has done `step` steps in `spent` seconds train on until step `steps`, without a time budget, or
  /// for so many minutes more; stores the plan (StepPlan::extend). Throws Error(kSystem) if the disk fails.
  void train_until(int64_t step, int64_t steps);
  void train_for(int64_t step, double spent, double minutes);
  /// Whether the plan has steps after `step` that were added when these were done or later.
  bool goes_on_after(int64_t step) const;

  int64_t steps() const { return plan_.steps(); }  ///< steps of the whole run, by the current plan
  double learning_rate(int64_t step) const;        ///< rate of a step, counted from 1

  void add_step(double seconds);
  void add_validation(double seconds);
  void add_checkpoint(double seconds);

  /// Changes the plan if necessary and due. Call it before each step; `step` is the number of steps done in
  /// `spent` seconds. Throws Error(kSystem) if the disk fails.
  void review(int64_t step, double spent);

 private:
  double seconds_per_step() const;
  bool knows_the_rate() const;
  int64_t fitting_steps(int64_t step, double spent) const;

  double budget() const { return plan_.minutes * 60; }  ///< seconds
  void extend(int64_t step, int64_t steps);

  const TrainingOptions& options_;
  std::filesystem::path run_;
  StepPlan plan_;
  std::deque<double> recent_;      ///< durations of the newest steps in seconds
  double recent_seconds_ = 0;      ///< sum of recent_
  double validation_seconds_ = 0;  ///< duration of a validation from before the speed was known
  int64_t announced_;              ///< steps of the last plan that was reported
};

}  // namespace heed::training
