// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>

#include <c10/core/Device.h>

#include "heed/tasks/train.h"

namespace heed::tasks {

using TrainOne = std::function<TrainOutcome(const TrainRequest&, at::Device)>;

/// Whether a folder holds runs with several seeds.
bool has_seed_runs(const std::filesystem::path& folder);

/// Trains with request.seeds seeds, one run after the other, by `train_one`. The folder gets the files of the run with the best
/// validation, without its checkpoints, and seeds.json with the scores of every run. The answer has mean and standard deviation
/// (of a sample) of every score: "accuracy_mean", "accuracy_std" of the test part, "valid_accuracy_mean" of validation.
///
/// With request.jobs so many runs go on at a time, in processes of their own; a run gives the same bits as by itself on as many threads.
///
/// The runs of the folder that are finished are kept, and one that was stopped goes on. Throws Error(kUsage) for jobs on a GPU.
TrainOutcome train_seeds(const TrainRequest& request, at::Device device, const TrainOne& train_one);
/// Continues with the seeds that are missing; with `more.data` in place of the data that the runs had.
TrainOutcome resume_seeds(const TrainRequest& more, at::Device device, const TrainOne& train_one);

}  // namespace heed::tasks
