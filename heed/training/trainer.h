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
  bool resume = false;  ///< go on from the newest intact checkpoint; without one, start
  at::Device device = at::kCPU;
  std::string title = "train";  ///< of the progress line
  double seconds_spent = 0;     ///< before a new run began, on plan_steps for example; its time counts them
  std::function<double()> clock = nullptr;  ///< seconds since any moment; null: the steady clock
};

struct TrainResult {
  int64_t step = 0;   ///< steps done
  std::string watch;  ///< the validation metric that these are of:
  std::optional<double> first, best, last;
  int64_t best_step = 0;
  int64_t skipped = 0;       ///< steps left out because loss or gradient was not finite
  int64_t rollbacks = 0;     ///< returns to a checkpoint at half the rate
  double seconds = 0;        ///< of wall time, all sessions of the run together
  bool interrupted = false;  ///< SIGINT or SIGTERM: saved and ready to resume
  bool early_stopped = false;
};

/// Trains `objective` in the folder `run` until `options.steps`, early stop, or an interrupt. With
/// `options.minutes` the run ends after that time: `options.steps` is then the first plan (see plan_steps),
/// and a Pacer plans anew when the rate changes.
///
/// A new run seeds torch's generators with `options.seed` (the weights are the caller's) and calls
/// write_assets(). RUN/model.safetensors is the best by validation, of the moving average where that is on;
/// beside it stand checkpoints/step-N, metrics.jsonl and TensorBoard events. Validates at step 0, every
/// `validate_every` steps and at the end, in the precision of training. The module is moved to the device and
/// ends with the weights of the last step.
///
/// Resuming gives, bit for bit, the weights, moments and losses of a run that was never stopped, on one
/// thread count of the CPU: after an interrupt, after kill -9 at any moment, at whatever step. With
/// `options.minutes` that holds up to the last step that was done: steps done again follow the stored plans,
/// later ones take the time there is then.
///
/// A step whose loss or gradient is not finite is skipped and counted. After five in a row the run returns to
/// the last scheduled checkpoint, halves the learning rate and says so; after ten such returns it gives up
/// with Error(kSystem). Throws Error(kUsage) when the folder holds checkpoints and `resume` is off,
/// Error(kSystem) when the disk refuses (earlier checkpoints stay intact) or another process trains in the
/// folder, Error(kCheckpoint) when there are checkpoints but none fits or is intact.
///
/// A precision of "auto" is resolved once per run.
TrainResult train(Objective& objective, const TrainingOptions& options, const std::filesystem::path& run,
                  const TrainControl& control = {});

}  // namespace heed::training
