// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace heed::tasks {

/// How far the training of a run has come.
struct TrainingProgress {
  int64_t steps = 0;  ///< last step that is in the metrics
  double valid_loss =
      0;  ///< least validation loss, in nats a token: that of the weights that the folder keeps
};

/// Reads metrics.jsonl of a run folder. Nothing for a folder without one, such as a shipped model, or before the first
/// validation.
std::optional<TrainingProgress> read_training_progress(const std::filesystem::path& folder);

/// Says that a model is barely trained: it has lost less than half of what a guess among `vocabulary` tokens costs
/// (ln vocabulary). Such a model knows which tokens are frequent, and little of their order. Empty for a better one.
std::string barely_trained_note(const TrainingProgress& progress, int64_t vocabulary);

}  // namespace heed::tasks
