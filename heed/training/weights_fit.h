// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "heed/training/tensor_file.h"

namespace heed::training {

/// Formats names as "a, b, c and 12 more", and a shape as "[2, 3]", for messages.
std::string list_names(const std::vector<std::string>& names);
std::string shape_text(at::IntArrayRef shape);

using ShapeMap = std::map<std::string, std::vector<int64_t>>;

/// The shapes of a file's tensors.
ShapeMap shapes_of(const Safetensors& file);

/// Throws Error(kCheckpoint) that lists the tensors which the file lacks, has besides, or has in another shape than
/// `weights`. A weight with several names needs to have one of them. `file` is the file's name in the message.
void check_weights_fit(const TensorMap& weights, const ShapeMap& shapes, const std::string& file);

}  // namespace heed::training
