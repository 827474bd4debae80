// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "heed/training/tensor_file.h"

namespace heed::training {

using ShapeMap = std::map<std::string, std::vector<int64_t>>;

/// The shapes of a file's tensors.
ShapeMap shapes_of(const Safetensors& file);

/// Throws Error(kCheckpoint) that lists the tensors which the file lacks, has besides, or has in another shape than
/// `weights`. A weight with several names needs to have one of them. `file` is the file's name in the message.
void check_weights_fit(const TensorMap& weights, const ShapeMap& shapes, const std::string& file);

}  // namespace heed::training
