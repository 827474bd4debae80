// SPDX-License-Identifier: Apache-2.0
#include "toy_objective.h"

#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/core/crc32c.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/training/checkpoint.h"
#include "heed/training/trainer.h"

namespace heed::training {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kVocabulary = 11, kWidth = 16, kHidden = 64;

/// One thread: some tests fork, which is safe only without OpenMP threads, and bit-identity needs a fixed
/// thread count.
const bool one_thread = [] {
  at::set_num_threads(1);
  set_quiet(true);
  return true;
}();

uint64_t mix(uint64_t x) {  // splitmix64
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

std::string file_digest(const fs::path& file) {
  return file.filename().string() + " " + std::to_string(crc32c(read_bytes(file))) + "\n";
}

std::string without(const std::string& json, std::initializer_list<const char*> keys) {
  auto object = nlohmann::json::parse(json);
  for (const char* key : keys) object.erase(key);
  return object.dump() + "\n";
}

}  // namespace

ToyModel::ToyModel(double dropout_p)
    : embedding(register_module("embedding", torch::nn::Embedding(kVocabulary, kWidth))),
      norm(register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({kWidth})))),
      dropout(register_module("dropout", torch::nn::Dropout(dropout_p))),
      hidden(register_module("hidden", torch::nn::Linear(kWidth, kHidden))),
      output(register_module("output", torch::nn::Linear(kHidden, kVocabulary))) {}

at::Tensor ToyModel::forward(const at::Tensor& tokens) {
  return output->forward(
      dropout->forward(at::relu(hidden->forward(norm->forward(embedding->forward(tokens))))));
}

ToyObjective::ToyObjective(const Settings& chosen) : settings(chosen) {
  at::manual_seed(7);
  model = std::make_shared<ToyModel>(settings.dropout);
}

Loss ToyObjective::training_loss(int64_t index) {
  on_batch(index);
  const int64_t rows = settings.rows / settings.parts;
  const int64_t first = index * rows;
  at::Tensor tokens = at::empty({rows}, at::kLong), targets = at::empty({rows}, at::kLong);
  for (int64_t row = 0; row < rows; ++row) {
    const uint64_t draw = mix(static_cast<uint64_t>(first + row));
    const auto token = static_cast<int64_t>(draw % kVocabulary);
    tokens[row] = token;
    targets[row] = (3 * token + 1 + ((draw >> 32) % 8 == 0 ? 1 : 0)) % kVocabulary;
  }
  at::Tensor sum = at::cross_entropy_loss(model->forward(tokens), targets, {}, at::Reduction::Sum);
  if (poisons(index)) sum = sum * std::numeric_limits<double>::quiet_NaN();
  return {sum, rows};
}

Validation ToyObjective::validate() {
  const at::Tensor tokens = at::arange(kVocabulary);
  const at::Tensor targets = (3 * tokens + 1).remainder(kVocabulary);
  const at::Tensor logits = model->forward(tokens);
  const double nll = at::cross_entropy_loss(logits, targets).item<double>();
  if (!settings.watch_accuracy && !settings.watch_both) return {.metrics = {{"nll", judge(nll)}}};
  const double accuracy = logits.argmax(1).eq(targets).to(at::kDouble).mean().item<double>();
  return {.metrics = {{"nll", judge_second(nll)}, {"accuracy", judge(accuracy)}},
          .watch = "accuracy",
          .lower_is_better = false,
          .second_watch = settings.watch_both ? "nll" : ""};
}

void ToyObjective::write_assets(const fs::path& run) {
  write_atomically(run / "vocabulary.txt", "0 to 10\n");
}

TemporaryFolder::TemporaryFolder()
    : heed::TemporaryFolder(::access("/dev/shm", W_OK) == 0 ? fs::path("/dev/shm")
                                                            : fs::temp_directory_path()) {}

TrainingOptions toy_options(int64_t steps) {
  TrainingOptions options;
  options.steps = steps;
  options.learning_rate = 0.02;
  options.warmup_steps = 5;
  options.schedule = "cosine";
  options.weight_decay = 0.01;
  options.moving_average = 0.8;
  options.precision = "fp32";
  options.validate_every = 6;
  options.checkpoint_every = 4;
  options.log_every = 3;
  return options;
}

std::string fingerprint(const fs::path& run, int64_t step) {
  std::string text = file_digest(run / "model.safetensors");
  const fs::path checkpoint = checkpoint_folder(run, step);
  for (const char* name : {"model", "optimizer", "average", "random"}) {
    const fs::path file = checkpoint / (std::string(name) + ".safetensors");
    if (fs::exists(file)) text += file_digest(file);
  }
  text += without(read_text(checkpoint / "state.json"), {"seconds", "metrics_bytes"});
  std::istringstream metrics(read_text(run / "metrics.jsonl"));
  for (std::string line; std::getline(metrics, line);) {
    text += without(line, {"train/seconds", "train/tokens_per_second"});
  }
  return text;
}

fs::path newest_checkpoint(const fs::path& run) {
  for (const int64_t step : checkpoint_steps(run)) {
    if (checkpoint_damage(checkpoint_folder(run, step)).empty()) return checkpoint_folder(run, step);
  }
  return {};
}

std::string undisturbed(const TrainingOptions& options) {
  const TemporaryFolder folder;
  ToyObjective objective;
  train(objective, options, folder / "run");
  return fingerprint(folder / "run", options.steps);
}

}  // namespace heed::training
