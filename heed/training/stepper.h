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
  double loss = 0;  ///< summed over the step's targets, nats
  int64_t targets = 0;
  double gradient_norm = 0;  ///< of the mean loss, before clipping
  bool applied = false;      ///< false when loss or norm is not finite; then nothing has changed
};

/// One optimizer step after another on an objective: forward and backward of each micro-batch, clipping,
/// update.
class Stepper {
 public:
  /// `precision` is "fp32" or "bf16". The module must be where it will stay.
  Stepper(Objective& objective, const TrainingOptions& options, at::Device device, std::string precision);

  /// Step `step`, counted from 1, on the objective's indices (step - 1) * accumulation and up.
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
