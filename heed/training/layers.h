// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "heed/training/optimizer.h"

namespace heed::training {

/// Ends the training of parts of a model: they need no gradient, and have no moments.
///
///     embeddings   tables of tokens and positions outside the layers; with them a tied output layer
///     layers:0-3   layers of the list of that name, both ends included; "encoder:0" is one layer
///     head         every tensor whose name begins so
///
/// Throws Error(kConfig) for a part that the model does not have, and when nothing is left to train.
void freeze(torch::nn::Module& module, const std::vector<std::string>& parts);

/// Sets the rate of each parameter to decay^depth: 0 for what follows the layers, 1 for the last layer, and
/// one more for each layer below; embeddings are below the first layer. (Howard and Ruder 2018,
/// arXiv:1801.06146, who divide by 2.6; Clark et al. 2020 take 0.8.)
void set_layer_rates(std::vector<NamedParameter>& parameters, const torch::nn::Module& module, double decay);

}  // namespace heed::training
