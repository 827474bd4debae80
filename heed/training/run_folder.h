// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include <torch/nn/module.h>

#include "heed/training/tensor_file.h"

namespace heed::training {

/// How weights are stored: unchanged, or rounded to bfloat16 (half the size, for shipping).
enum class WeightFormat { kAsIs, kBFloat16 };

/// Writes a module's parameters and buffers, by their PyTorch names, as one safetensors file; of a module with
/// adapters (lora.h) only what is trained. save_weights is atomic. Both copy at most one tensor at a time.
void save_weights(const torch::nn::Module& module, const std::filesystem::path& file,
                  WeightFormat format = WeightFormat::kAsIs);
void write_weights(FileWriter& file, const torch::nn::Module& module,
                   WeightFormat format = WeightFormat::kAsIs);
void write_weights(FileWriter& file, const TensorMap& weights, WeightFormat format = WeightFormat::kAsIs);

/// Maps the first name of each parameter and buffer to it: what a file of weights holds.
TensorMap distinct_weights(const torch::nn::Module& module);

/// Loads every parameter and buffer by name, directly from the mapped file, and converts the dtype. Throws
/// Error(kCheckpoint) with the missing, extra and misshapen tensors. `checksum`, if given, receives every
/// byte of the file.
void load_weights(torch::nn::Module& module, const std::filesystem::path& file);
void load_weights(torch::nn::Module& module, const Safetensors& file, Crc32c* checksum = nullptr);

}  // namespace heed::training
