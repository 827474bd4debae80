// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/training_progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>

#include <nlohmann/json.hpp>

namespace heed::tasks {

std::optional<TrainingProgress> read_training_progress(const std::filesystem::path& folder) {
  constexpr const char* kWatched = "valid/nll";
  std::ifstream in(folder / "metrics.jsonl");
  std::optional<double> best;
  TrainingProgress progress;
  for (std::string line; std::getline(in, line);) {
    const auto row = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!row.is_object() || !row.contains("step") || !row["step"].is_number_integer()) continue;
    progress.steps = std::max(progress.steps, row["step"].get<int64_t>());
    if (!row.contains(kWatched) || !row[kWatched].is_number()) continue;
    const double loss = row[kWatched].get<double>();
    best = std::min(best.value_or(loss), loss);
  }
  if (!best) return std::nullopt;
  progress.valid_loss = *best;
  return progress;
}

std::string barely_trained_note(const TrainingProgress& progress, int64_t vocabulary) {
  const double guess = std::log(static_cast<double>(vocabulary));
  if (!(progress.valid_loss > guess / 2)) return {};
  char losses[160];
  std::snprintf(losses, sizeof losses, "its validation loss is %.2f nats, a guess has %.2f",
                progress.valid_loss, guess);
  return "this model has seen " + std::to_string(progress.steps) + " steps; " + losses +
         ": it is barely trained, and its pieces wander. Train it longer";
}

}  // namespace heed::tasks
