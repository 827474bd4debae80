// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "heed/bench/timing.h"

namespace heed::bench {

/// A decoder-only Transformer with Music Transformer's relative attention and random weights, and a
/// generation workload.
struct GenerationOptions {
  int64_t layers = 6, d_model = 512, heads = 8, d_ff = 2048, vocabulary = 390;
  std::string position = "music";
  int64_t length = 512;                ///< tokens per piece
  std::vector<int64_t> rows = {1, 8};  ///< pieces generated together
  std::vector<std::string> weights = {"float32", "bfloat16", "int8"};
  int64_t repeats = 5;
  std::function<void(int64_t done, int64_t total, const std::string& label)> progress;  ///< before each part
};

struct GenerationRow {
  std::string weights;
  int64_t rows = 0;
  Timing tokens_per_second{};       ///< total of all rows, including prompt and sampling
  double bytes_per_step = 0;        ///< weights, and keys and values at the mean length
  double gigabytes_per_second = 0;  ///< speed of reading as many bytes on every core, measured in turns
  double share_of_floor = 0;        ///< time to read the bytes divided by the median time of a step
};

/// Generates with every type of weights and number of rows in turn, and reads the same number of bytes beside
/// each.
std::vector<GenerationRow> generation_table(const GenerationOptions& options);

}  // namespace heed::bench
