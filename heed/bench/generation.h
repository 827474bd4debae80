// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "heed/bench/timing.h"

namespace heed::bench {

/// A decoder-only Transformer with the relative attention of the Music Transformer and random weights, and
/// what is generated with it.
struct GenerationOptions {
  int64_t layers = 6, d_model = 512, heads = 8, d_ff = 2048, vocabulary = 390;
  std::string position = "music";
  int64_t length = 512;                ///< tokens of a piece
  std::vector<int64_t> rows = {1, 8};  ///< pieces together
  std::vector<std::string> weights = {"float32", "bfloat16", "int8"};
  int64_t repeats = 5;
  std::function<void(int64_t done, int64_t total, const std::string& label)>
      progress;  ///< before each piece of work
};

struct GenerationRow {
  std::string weights;
  int64_t rows = 0;
  Timing tokens_per_second{};       ///< of all rows together, prompt and sampling included
  double bytes_per_step = 0;        ///< weights, and keys and values at the mean length
  double gigabytes_per_second = 0;  ///< that a core-by-core read of as many bytes reaches, measured in turns
  double share_of_floor = 0;        ///< time to read the bytes over the median time of a step
};

/// Generates in every type of weights and number of rows by turns, and reads as many bytes beside each.
std::vector<GenerationRow> generation_table(const GenerationOptions& options);

}  // namespace heed::bench
