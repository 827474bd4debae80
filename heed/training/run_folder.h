// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include <torch/nn/module.h>

#include "heed/core/safetensors.h"

namespace heed::training {

/// How weights are stored: as they are, or rounded to bfloat16 (half the size, for shipping).
enum class WeightFormat { kAsIs, kBFloat16 };

/// Parameters and buffers of a module, by their PyTorch names, as one safetensors file. Atomic.
void save_weights(const torch::nn::Module& module, const std::filesystem::path& file,
                  WeightFormat format = WeightFormat::kAsIs);

/// Loads every parameter and buffer by name, converting the dtype. Throws Error(kCheckpoint) naming missing,
/// extra and misshapen tensors.
void load_weights(torch::nn::Module& module, const std::filesystem::path& file);

/// at::Tensor <-> file tensor. view_tensor keeps the tensor's memory: it must be contiguous, on CPU, and
/// outlive the view.
TensorView view_tensor(const at::Tensor& tensor);
at::Tensor to_tensor(const TensorView& view);  ///< a copy

}  // namespace heed::training
