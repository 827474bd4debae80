// SPDX-License-Identifier: Apache-2.0
#include "heed/training/options.h"

namespace heed::training {

std::vector<Field> fields(TrainingOptions& o) {
  return {
      {"steps", &o.steps, "optimizer steps", at_least(1)},
      {"minutes", &o.minutes,
       "end after this time; steps is then only a first plan, adapted to the measured speed; 0 = off",
       at_least(0)},
      {"seed", &o.seed, "seed of the weights, the order of the data and dropout", between(0, 9.2e18)},
      {"accumulation", &o.accumulation, "batches per step, whose gradients are summed", at_least(1)},
      {"learning_rate", &o.learning_rate, "peak learning rate, at the end of the warm-up", at_least(0)},
      {"schedule", &o.schedule, "noam (inverse square root), cosine or constant",
       one_of({"noam", "cosine", "constant"})},
      {"warmup_steps", &o.warmup_steps, "steps of linear warm-up; 0 = none", at_least(0)},
      {"final_learning_rate_fraction", &o.final_learning_rate_fraction,
       "final learning rate of cosine, as a share of the peak", between(0, 1)},
      {"optimizer", &o.optimizer, "adamw (decoupled weight decay) or adam", one_of({"adamw", "adam"})},
      {"beta1", &o.beta1, "decay of the first moment", between(0, 1)},
      {"beta2", &o.beta2, "decay of the second moment", between(0, 1)},
      {"epsilon", &o.epsilon, "added to the root of the second moment", at_least(0)},
      {"weight_decay", &o.weight_decay, "weight decay, except on biases, norms and embeddings", at_least(0)},
      {"decay_all", &o.decay_all, "weight decay on biases, norms and embeddings, too"},
      {"clip_norm", &o.clip_norm, "maximum norm of the gradient; 0 = no clipping", at_least(0)},
      {"precision", &o.precision, "auto (bf16 if it is faster), fp32 or bf16 (autocast, fp32 weights)",
       one_of({"auto", "fp32", "bf16"})},
      {"moving_average", &o.moving_average,
       "decay of the moving average of the weights, which is validated and saved; 0 = off", between(0, 1)},
      {"layer_decay", &o.layer_decay,
       "learning rate of a layer as a share of that of the layer above it; embeddings are lowest",
       between(0, 1)},
      {"freeze", &o.freeze, "parts that are not trained: embeddings, layers:0-3, or the beginning of a name"},
      {"validate_every", &o.validate_every, "steps between validations", at_least(1)},
      {"patience", &o.patience, "stop after this many validations without improvement; 0 = off", at_least(0)},
      {"checkpoint_every", &o.checkpoint_every, "steps between checkpoints", at_least(1)},
      {"keep_checkpoints", &o.keep_checkpoints, "number of newest checkpoints to keep", at_least(1)},
      {"log_every", &o.log_every, "steps between lines of metrics", at_least(1)},
  };
}

}  // namespace heed::training
