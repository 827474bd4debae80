// SPDX-License-Identifier: Apache-2.0
#include "heed/training/options.h"

namespace heed::training {

std::vector<Field> fields(TrainingOptions& o) {
  return {
      {"steps", &o.steps, "optimizer steps", at_least(1)},
      {"minutes", &o.minutes,
       "end after this time: steps is a first plan, made anew when the rate changes; 0 = off", at_least(0)},
      {"seed", &o.seed, "of the weights, the order of the data and dropout", at_least(0)},
      {"accumulation", &o.accumulation, "batches whose gradients one step sums", at_least(1)},
      {"learning_rate", &o.learning_rate, "the highest rate, reached at the end of the warm-up", at_least(0)},
      {"schedule", &o.schedule, "noam (inverse square root), cosine or constant",
       one_of({"noam", "cosine", "constant"})},
      {"warmup_steps", &o.warmup_steps, "steps of linear warm-up; 0 = none", at_least(0)},
      {"final_learning_rate_fraction", &o.final_learning_rate_fraction,
       "cosine ends at this share of the rate", between(0, 1)},
      {"optimizer", &o.optimizer, "adamw (decoupled weight decay) or adam", one_of({"adamw", "adam"})},
      {"beta1", &o.beta1, "decay of the first moment", between(0, 1)},
      {"beta2", &o.beta2, "decay of the second moment", between(0, 1)},
      {"epsilon", &o.epsilon, "added to the root of the second moment", at_least(0)},
      {"weight_decay", &o.weight_decay, "not on biases, norms and embeddings", at_least(0)},
      {"clip_norm", &o.clip_norm, "largest norm of the whole gradient; 0 = no clipping", at_least(0)},
      {"precision", &o.precision, "auto (bf16 where it is faster), fp32 or bf16 (autocast, fp32 weights)",
       one_of({"auto", "fp32", "bf16"})},
      {"moving_average", &o.moving_average,
       "decay of the averaged weights that are validated and kept; 0 = off", between(0, 1)},
      {"validate_every", &o.validate_every, "steps from one validation to the next", at_least(1)},
      {"patience", &o.patience, "stop after this many validations without a better one; 0 = off",
       at_least(0)},
      {"checkpoint_every", &o.checkpoint_every, "steps from one checkpoint to the next", at_least(1)},
      {"keep_checkpoints", &o.keep_checkpoints, "newest checkpoints that stay on disk", at_least(1)},
      {"log_every", &o.log_every, "steps from one line of metrics to the next", at_least(1)},
  };
}

}  // namespace heed::training
