// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/decoding/sampling.h"
#include "heed/nn/weight_type.h"

namespace heed::cli {

/// What heed generate takes for every kind of model.
struct Generation {
  std::string model, attention_backend;
  nn::WeightType weights = nn::WeightType::kFloat32;
  std::filesystem::path output;
  int64_t count = 1, first_sample = 0;
  int64_t batch_size = 0;  ///< 0: as suits the task
  uint64_t seed = 1;
  std::vector<double> temperatures{1};
  decoding::SamplingOptions sampling;  ///< but for the temperature
};

}  // namespace heed::cli
