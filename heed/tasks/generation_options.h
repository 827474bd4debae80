// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "heed/core/field.h"
#include "heed/decoding/sampling.h"

namespace heed::tasks {

/// What every task that writes samples to a folder takes.
struct GenerationOptions {
  std::filesystem::path output;
  int64_t count = 1;         ///< samples
  int64_t first_sample = 0;  ///< number of the first
  int64_t batch_size = 8;    ///< samples made together
  uint64_t seed = 1;
  decoding::SamplingOptions sampling;
};

/// The fields of all but the sampling. `samples` is what they are called, such as "pieces".
Fields generation_fields(GenerationOptions& options, const std::string& samples);

/// "sample-003".
std::string sample_name(int64_t sample);

}  // namespace heed::tasks
