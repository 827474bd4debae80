// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "tests/core/temporary_folder.h"

#include <torch/nn/module.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include "heed/training/objective.h"
#include "heed/training/options.h"

namespace heed::training {

/// Embedding, layer norm, dropout, two linear layers: predicts the next token of a sequence from one token.
struct ToyModel : torch::nn::Module {
  explicit ToyModel(double dropout_p);
  at::Tensor forward(const at::Tensor& tokens);  ///< [rows] -> [rows, vocabulary]
  torch::nn::Embedding embedding;
  torch::nn::LayerNorm norm;
  torch::nn::Dropout dropout;
  torch::nn::Linear hidden, output;
};

/// A task that is learned in a few dozen steps of well under a millisecond: next = 3 * token + 1 (mod 11),
/// with one of eight targets wrong.
class ToyObjective : public Objective {
 public:
  struct Settings {
    double dropout = 0.2;
    int64_t rows = 16;
    int64_t parts = 1;            ///< indices into which each batch of `rows` is split
    bool watch_accuracy = false;  ///< watch accuracy instead of the negative log-likelihood
    bool watch_both = false;      ///< watch accuracy, and the negative log-likelihood as the second metric
  };
  ToyObjective() : ToyObjective(Settings{}) {}
  explicit ToyObjective(const Settings& settings);

  torch::nn::Module& module() override { return *model; }
  Loss training_loss(int64_t index) override;
  Validation validate() override;
  int64_t indices_per_epoch() const override { return 10; }
  int64_t tokens_per_index() const override { return settings.rows / settings.parts; }
  void write_assets(const std::filesystem::path& run) override;

  Settings settings;
  std::shared_ptr<ToyModel> model;
  std::function<void(int64_t)> on_batch = [](int64_t) {};                ///< called first, with the index
  std::function<bool(int64_t)> poisons = [](int64_t) { return false; };  ///< true: the loss is NaN
  /// Replaces the value of the watched validation metric.
  std::function<double(double)> judge = [](double value) { return value; };
  std::function<double(double)> judge_second = [](double value) { return value; };
};

/// A folder in memory if possible: these runs sync hundreds of small files.
class TemporaryFolder : public heed::TemporaryFolder {
 public:
  TemporaryFolder();
};

/// Few steps, a checkpoint every 4, metrics at each step.
TrainingOptions toy_options(int64_t steps = 24);

/// Everything that must not depend on interruptions: the best model; weights, moments, averages, random state
/// and counters of the checkpoint at `step`; every metric except those of the clock.
std::string fingerprint(const std::filesystem::path& run, int64_t step);

/// Returns the newest intact checkpoint; empty if there is none.
std::filesystem::path newest_checkpoint(const std::filesystem::path& run);

/// Returns the fingerprint of an undisturbed run with `options`.
std::string undisturbed(const TrainingOptions& options);

}  // namespace heed::training
