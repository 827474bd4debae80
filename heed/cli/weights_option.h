// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include <torch/nn/module.h>

#include "heed/nn/weight_type.h"

namespace heed::cli {

/// --weights of a verb that runs models.
void add_weights(CLI::App* verb, nn::WeightType& type);

/// Makes a loaded model read its weights in that type. Throws Error(kUsage) where it is another than float32
/// and the model is not on the CPU.
void use_weights(torch::nn::Module& model, nn::WeightType type);

}  // namespace heed::cli
