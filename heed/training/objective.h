// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

namespace heed::training {

/// Summed loss of one micro-batch and how many targets it sums over; the trainer divides by the targets of
/// the whole step.
struct Loss {
  at::Tensor sum;  ///< scalar with gradient, nats
  int64_t targets = 0;
};

/// What a validation pass measures. The logs show every metric; which model is the best, and when to stop
/// early, depends on the one that the task watches.
struct Validation {
  std::map<std::string, double> metrics;  ///< by name, such as "nll" (nats a target) or "accuracy"
  std::string watch = "nll";
  bool lower_is_better = true;  ///< of the metric `watch`
  int64_t count = 0;            ///< targets that the means are over

  double watched() const { return metrics.at(watch); }
};

/// What a task gives the trainer: a module, losses and validation. The trainer knows no data and no model.
///
/// Batches are a pure function of (seed, index): `training_loss(index)` may be called for any index at any
/// time and uses the same examples, so that the data position to save is the step number. Dropout draws from
/// torch's default generator, whose state the trainer saves.
class Objective {
 public:
  virtual ~Objective() = default;
  virtual torch::nn::Module& module() = 0;
  virtual Loss training_loss(int64_t index) = 0;
  /// Called without gradient, module in eval mode.
  virtual Validation validate() = 0;
  /// Indices that make one pass over the training data, for epochs in the log.
  virtual int64_t indices_per_epoch() const = 0;
  /// Tokens a step consumes on average, for tokens/s in --dry-run.
  virtual int64_t tokens_per_index() const = 0;
  /// Writes what the run needs beside its weights, such as a vocabulary, into the run folder, once.
  virtual void write_assets(const std::filesystem::path& run) {}
};

}  // namespace heed::training
