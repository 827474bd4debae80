// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

namespace heed::training {

/// Summed loss of a micro-batch and its number of targets. The trainer divides by the targets of the whole
/// step.
struct Loss {
  at::Tensor sum;  ///< scalar in nats, with gradient
  int64_t targets = 0;
};

/// Results of a validation pass. The logs show every metric. The metric that the task watches selects the
/// best model and decides on early stopping.
struct Validation {
  std::map<std::string, double> metrics;  ///< by name, such as "nll" (nats per target) or "accuracy"
  std::string watch = "nll";
  bool lower_is_better = true;  ///< whether lower values of `watch` are better
  /// A second metric that is watched, of which lower values are better; empty: none. Then a validation that is as good as the
  /// best before it in either metric resets the patience, and one that is in both keeps its weights, as in the published code
  /// of GAT. Of a single metric only better values count.
  std::string second_watch = "";
  int64_t count = 0;  ///< number of targets that the means cover

  double watched() const { return metrics.at(watch); }
};

/// The interface from a task to the trainer: a module, losses and validation. The trainer knows neither data
/// nor model.
///
/// Batches are a pure function of (seed, index): training_loss(index) may be called for any index at any time
/// and always uses the same examples, so the step number determines the position in the data. Dropout uses
/// torch's default generator, whose state the trainer saves.
class Objective {
 public:
  virtual ~Objective() = default;
  virtual torch::nn::Module& module() = 0;
  virtual Loss training_loss(int64_t index) = 0;
  /// Called without gradients and with the module in eval mode.
  virtual Validation validate() = 0;
  /// Whether the data has a test part that test() scores as validate() scores the validation part.
  virtual bool has_test() const { return false; }
  virtual std::map<std::string, double> test() { return {}; }
  /// Number of indices in one pass over the training data, for the epochs in the log.
  virtual int64_t indices_per_epoch() const = 0;
  /// Mean number of tokens per index, for tokens/s in --dry-run.
  virtual int64_t tokens_per_index() const = 0;
  /// Writes files that the run needs beside its weights, such as a vocabulary, to the run folder. Called
  /// once.
  virtual void write_assets(const std::filesystem::path& run) {}
};

}  // namespace heed::training
