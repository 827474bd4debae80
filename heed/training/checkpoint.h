// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <c10/core/Device.h>
#include <torch/nn/module.h>

#include "heed/training/moving_average.h"
#include "heed/training/optimizer.h"
#include "heed/training/training_state.h"

namespace heed::training {

/// References to everything that a checkpoint stores.
struct CheckpointParts {
  torch::nn::Module& module;
  Adam& optimizer;
  MovingAverage& average;
  TrainingState& state;
  at::Device device;
};

/// Returns RUN/checkpoints/step-N. It contains model.safetensors, optimizer.safetensors (moments by parameter
/// name), average.safetensors (with a moving average), random.safetensors, state.json, and manifest.json with
/// the length and CRC-32C of each file. The folder is complete or absent.
std::filesystem::path checkpoint_folder(const std::filesystem::path& run, int64_t step);

/// Writes a checkpoint tensor by tensor, without memory for a copy of it. Throws Error(kSystem) if the disk
/// fails; earlier checkpoints stay intact.
void save_checkpoint(const std::filesystem::path& run, const CheckpointParts& parts);

/// Reads each file once, directly into the parts. Throws Error(kCheckpoint) if the checkpoint is damaged or
/// does not fit the model; the tensors are then undefined, and the state and the random generators unchanged.
void load_checkpoint(const std::filesystem::path& checkpoint, const CheckpointParts& parts);

/// Loads the newest intact checkpoint and returns its folder; returns nothing if there is none. Warns about
/// each damaged checkpoint that it skips. `scheduled_only` ignores checkpoints saved by an interrupt. Throws
/// Error(kCheckpoint) if a checkpoint is intact but does not fit the model.
std::optional<std::filesystem::path> load_newest_checkpoint(const std::filesystem::path& run,
                                                            const CheckpointParts& parts,
                                                            bool scheduled_only = false);

/// Returns the state in the newest checkpoint that has a readable one; ignores its tensors.
std::optional<TrainingState> newest_state(const std::filesystem::path& run);

/// Returns the steps of the checkpoints in a run folder, newest first, including damaged ones.
std::vector<int64_t> checkpoint_steps(const std::filesystem::path& run);

/// Returns an error message for a damaged checkpoint; "" if it is intact.
std::string checkpoint_damage(const std::filesystem::path& checkpoint);

/// Removes all checkpoints except the `keep` newest scheduled ones and any newer than those.
void prune_checkpoints(const std::filesystem::path& run, int64_t keep);

/// Removes the checkpoints after `step`.
void remove_checkpoints_after(const std::filesystem::path& run, int64_t step);

/// Removes temporary files and folders that a killed process left.
void remove_leftovers(const std::filesystem::path& run);

}  // namespace heed::training
