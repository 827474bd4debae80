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

/// All that a checkpoint holds, by reference.
struct CheckpointParts {
  torch::nn::Module& module;
  Adam& optimizer;
  MovingAverage& average;
  TrainingState& state;
  at::Device device;
};

/// RUN/checkpoints/step-N holds model.safetensors, optimizer.safetensors (moments by parameter name),
/// average.safetensors (with a moving average), random.safetensors, state.json, and manifest.json with length
/// and CRC-32C of each. The folder is complete or absent.
std::filesystem::path checkpoint_folder(const std::filesystem::path& run, int64_t step);

/// Writes a checkpoint tensor by tensor, so that its size costs no memory. Throws Error(kSystem) when the
/// disk refuses; checkpoints that were there stay as they are.
void save_checkpoint(const std::filesystem::path& run, const CheckpointParts& parts);

/// Reads each file once, straight into the parts. Throws Error(kCheckpoint) when the checkpoint is damaged or
/// does not fit the model; the tensors are then undefined, the state and the random generators as before.
void load_checkpoint(const std::filesystem::path& checkpoint, const CheckpointParts& parts);

/// Loads the newest checkpoint that is not damaged and returns its folder, or nothing when there is none;
/// each damaged one before it is named in a warning. `scheduled_only` leaves out those that an interrupt
/// saved. Throws Error(kCheckpoint) when a checkpoint is whole and does not fit the model.
std::optional<std::filesystem::path> load_newest_checkpoint(const std::filesystem::path& run,
                                                            const CheckpointParts& parts,
                                                            bool scheduled_only = false);

/// The state in the newest checkpoint that tells it; its tensors are not looked at.
std::optional<TrainingState> newest_state(const std::filesystem::path& run);

/// Steps of the checkpoints in a run folder, newest first, damaged ones included.
std::vector<int64_t> checkpoint_steps(const std::filesystem::path& run);

/// What is wrong with a checkpoint's files, or an empty string.
std::string checkpoint_damage(const std::filesystem::path& checkpoint);

/// Removes all but the `keep` newest scheduled checkpoints and what is newer than these.
void prune_checkpoints(const std::filesystem::path& run, int64_t keep);

/// Removes checkpoints of later steps than `step`.
void remove_checkpoints_after(const std::filesystem::path& run, int64_t step);

/// Removes what writers that were killed left beside the finished files.
void remove_leftovers(const std::filesystem::path& run);

}  // namespace heed::training
