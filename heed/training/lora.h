// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "heed/core/field.h"
#include "heed/core/safetensors.h"
#include "heed/training/objective.h"

namespace heed::training {

/// Section [lora] of a config.
struct LoraOptions {
  int64_t rank = 0;  ///< 0: no adapters
  double alpha = 16;
  double dropout = 0;
  std::vector<std::string> targets = {"attention"};

  bool on() const { return rank > 0; }
  double scale() const { return alpha / static_cast<double>(rank); }
};
Fields fields(LoraOptions& options);

/// Low-rank adaptation, Hu et al. 2021, arXiv:2106.09685: a linear layer of weight W [out, in] computes with
/// W + alpha / rank * B A, where A [rank, in] begins at random and B [out, rank] at zero, and W stays. The
/// joint weight of queries, keys and values has one A for the three. Dropout is one mask of input features a
/// step.
///
/// Wraps an objective. Freezes the tensors named `loaded`, which a trained model gave; what that model lacked
/// is trained beside the adapters. The module gets the parameters "X.lora_a" and "X.lora_b" for each adapted
/// layer X (nn::Linear with a name that contains one of the targets and a weight that is not frozen), and save_weights() then stores the
/// trained tensors alone. Throws Error(kConfig) when no layer has such a name.
std::unique_ptr<Objective> with_adapters(std::unique_ptr<Objective> objective, const LoraOptions& options,
                                         const std::vector<std::string>& loaded, uint64_t seed);

/// Adds stored adapters to the weights of a module without them, and sets the other tensors of the file. Throws
/// Error(kCheckpoint) when the file does not fit.
void merge_adapters(torch::nn::Module& module, const Safetensors& adapters, double scale);

/// Whether a module has adapters.
bool has_adapters(const torch::nn::Module& module);
/// The file of a run that holds its weights: adapter.safetensors for a module with adapters.
const char* weights_file(const torch::nn::Module& module);

}  // namespace heed::training
