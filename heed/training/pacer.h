// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>

#include "heed/training/options.h"
#include "heed/training/step_plan.h"

namespace heed::training {

/// Keeps a run within its time: watches how long steps, validations and checkpoints take, and plans anew when
/// the run would end more than 2 % of its time early or late. Without `options.minutes` the plan stays what
/// the options say, and nothing is stored.
///
/// A plan is stored before a step follows it, together with the step up to which it will not be changed. So a
/// run that was killed and goes on from an earlier checkpoint repeats its steps under the same plans.
class Pacer {
 public:
  /// Goes on with the plan stored in `run`. Keeps a reference to the options.
  Pacer(const TrainingOptions& options, const std::filesystem::path& run);

  int64_t steps() const { return plan_.steps(); }  ///< of the whole run, as planned now
  double learning_rate(int64_t step) const;        ///< of a step, counted from 1

  void add_step(double seconds);
  void add_validation(double seconds);
  void add_checkpoint(double seconds);

  /// To be called before each step, `step` steps being done in `spent` seconds: plans anew where that is
  /// needed and due. Throws Error(kSystem) when the disk refuses.
  void review(int64_t step, double spent);

 private:
  double seconds_per_step() const;
  bool knows_the_rate() const;
  int64_t fitting_steps(int64_t step, double spent) const;

  const TrainingOptions& options_;
  std::filesystem::path run_;
  StepPlan plan_;
  double budget_;                  ///< seconds
  std::deque<double> recent_;      ///< seconds of the newest steps
  double recent_seconds_ = 0;      ///< their sum
  double validation_seconds_ = 0;  ///< of one from before the rate was known
  int64_t announced_;              ///< steps of the plan that was said last
};

}  // namespace heed::training
