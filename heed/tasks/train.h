// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "heed/core/field.h"
#include "heed/nn/device.h"
#include "heed/tasks/action.h"
#include "heed/tasks/trained.h"
#include "heed/training/trainer.h"

namespace heed::tasks {

/// A new run, or one to resume.
struct TrainRequest {
  std::string task, preset, init, attention_backend;
  Paths data;
  std::filesystem::path output, resume;
  std::optional<int64_t> steps;
  std::optional<double> minutes;
  std::optional<int64_t> seed, seeds;
  int64_t jobs = 1;  ///< runs with several seeds at a time, each in a process of its own
  bool dry_run = false;
  std::vector<std::string> set;
};
Fields fields(TrainRequest& request);
/// Throws Error(kUsage) for options that do not fit each other.
void check(const TrainRequest& request, const std::vector<std::string>& given);

struct TrainOutcome {
  Answer answer;
  std::filesystem::path run;  ///< the run folder; empty after a dry run
  training::TrainResult result = {};
  std::map<std::string, double> test =
      {};                     ///< scores of the best weights on the test part, if the data has one
  int signal = 0;             ///< the signal that stopped it before its end, after saving; 0: none
  bool was_finished = false;  ///< the run that was to be resumed had nothing left to do
};

/// Trains, or resumes: bit-identical to not having stopped. A run that is finished trains on if the request has steps or
/// minutes. With `seeds` it trains so many runs (seed_runs.h). With `dry_run` it measures some steps and changes nothing.
TrainOutcome train(const TrainRequest& request, at::Device device);

}  // namespace heed::tasks
