// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include <c10/core/Device.h>

#include "heed/training/objective.h"
#include "heed/training/options.h"

namespace heed::training {

struct TrainControl {
  bool resume = false;  ///< continue from the newest intact checkpoint, or start if there is none
  at::Device device = at::kCPU;
  std::optional<int64_t> until_step = {};   ///< resuming: train on until this step
  std::optional<double> more_minutes = {};  ///< resuming: train on for so long
  std::string title = "train";              ///< title of the progress line
  double seconds_spent = 0;  ///< seconds spent before a new run, in plan_steps; part of its time
  std::function<double()> clock = nullptr;  ///< seconds since any fixed moment; null: the steady clock
};

struct TrainResult {
  int64_t step = 0;   ///< number of steps done
  std::string watch;  ///< name of the validation metric whose values follow
  bool lower_is_better = true;
  std::optional<double> first, best, last;  ///< best: that of the weights that are kept
  int64_t best_step = 0;
  int64_t skipped = 0;       ///< steps skipped because loss or gradient was not finite
  int64_t rollbacks = 0;     ///< number of returns to a checkpoint with half the learning rate
  double seconds = 0;        ///< wall time of all sessions of the run
  bool interrupted = false;  ///< stopped by a signal; saved and ready to resume
  int signal = 0;            ///< which signal
  bool early_stopped = false;
  bool was_finished = false;  ///< resumed, but there was nothing left to do
};

/// Trains `objective` in the folder `run` until `options.steps`, an early stop or an interrupt. With
/// `options.minutes` the run ends after that time: `options.steps` is then the first plan (see plan_steps),
/// which a Pacer changes if the speed changes.
///
/// A new run seeds torch's generators with `options.seed` (the caller initialises the weights) and calls
/// write_assets(). RUN/model.safetensors has the weights with the best validation, those of the moving
/// average if it is on. The folder also has checkpoints/step-N, metrics.jsonl and TensorBoard events.
/// Validates at step 0, every `validate_every` steps and at the end, in the precision of training. The module
/// is moved to the device and has the weights of the last step in the end.
///
/// A resumed run has the same weights, moments and losses, bit for bit, as one that never stopped, for a
/// given number of CPU threads: after an interrupt, after kill -9 at any moment, at any step. With
/// `options.minutes` this is true up to the last step that was done: repeated steps follow the stored plans,
/// and later ones depend on the time left.
///
/// A run that is finished stays as it is when it is resumed, unless `until_step` or `more_minutes` make it train on:
/// the plan then gets another part, stored before the first step (StepPlan::extend says how the learning rate goes
/// on), and the steps after it can be interrupted and resumed like all others. An early stop is forgotten.
///
/// A step whose loss or gradient is not finite is skipped and counted. After five in a row the run returns to
/// the last scheduled checkpoint, halves the learning rate and warns; after ten such returns it throws
/// Error(kSystem). Throws Error(kUsage) if the folder has checkpoints and `resume` is off, or if `until_step` is
/// not after the run's last step; Error(kSystem) if
/// the disk fails (earlier checkpoints stay intact) or another process is training in the folder;
/// Error(kCheckpoint) if there are checkpoints but none is intact or fits the model.
///
/// A precision of "auto" is resolved once per run.
TrainResult train(Objective& objective, const TrainingOptions& options, const std::filesystem::path& run,
                  const TrainControl& control = {});

}  // namespace heed::training
