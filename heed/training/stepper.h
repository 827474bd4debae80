// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <c10/core/Device.h>

#include "heed/training/objective.h"
#include "heed/training/optimizer.h"
#include "heed/training/options.h"

namespace heed::training {

struct StepReport {
  double loss = 0;  ///< nats, summed over the step's targets
  int64_t targets = 0;
  double gradient_norm = 0;  ///< norm for the mean loss, before clipping
  bool applied = false;      ///< false if loss or norm is not finite; nothing has changed then
};

/// Runs optimizer steps on an objective: forward and backward passes of the micro-batches, clipping, update.
class Stepper {
 public:
  /// `precision` is "fp32" or "bf16". The module must already be on `device`.
  Stepper(Objective& objective, const TrainingOptions& options, at::Device device, std::string precision);

  /// Runs step `step`, counted from 1, on the objective's indices from (step - 1) * accumulation.
  StepReport run(int64_t step, double learning_rate);
  /// Validates in eval mode without gradients, in the training precision.
  Validation validate();
  double tokens_per_step() const;
  Adam& optimizer() { return optimizer_; }

 private:
  Loss forward(int64_t index);

  Objective& objective_;
  at::Device device_;
  bool bf16_;
  int64_t accumulation_;
  double clip_norm_;
  Adam optimizer_;
};

}  // namespace heed::training
