// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "heed/core/field.h"

namespace heed::training {

/// Section [training] of a config: duration, optimizer, precision, validation and checkpoints.
struct TrainingOptions {
  int64_t steps = 4000;
  double minutes = 0;
  int64_t seed = 1;
  int64_t accumulation = 1;

  double learning_rate = 1e-3;
  std::string schedule = "noam";
  int64_t warmup_steps = 400;
  double final_learning_rate_fraction = 0;

  std::string optimizer = "adamw";
  double beta1 = 0.9;
  double beta2 = 0.98;
  double epsilon = 1e-9;
  double weight_decay = 0;
  bool decay_all = false;
  double clip_norm = 1;
  std::string precision = "auto";
  double moving_average = 0;
  double layer_decay = 1;
  std::vector<std::string> freeze;

  int64_t validate_every = 200;
  int64_t patience = 0;
  int64_t checkpoint_every = 200;
  int64_t keep_checkpoints = 3;
  int64_t log_every = 10;
};

std::vector<Field> fields(TrainingOptions& options);

}  // namespace heed::training
