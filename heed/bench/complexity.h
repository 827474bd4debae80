// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "heed/bench/timing.h"

/// Cost of layers by length and width: table 1 of Vaswani et al. 2017, arXiv:1706.03762, with its constants,
/// and measured.
namespace heed::bench {

enum class MixingLayer { kSelfAttention, kLocalAttention, kRecurrent, kConvolution };
const char* name(MixingLayer layer);

struct LayerShape {
  int64_t length = 1000, width = 1000;
  int64_t kernel = 3;  ///< kernel size of the convolution
  int64_t block = 64;  ///< local attention: queries per block, and keys before the block that they see
};

/// Mean number of keys per query of local attention: the block before, and half of its own.
double local_keys(const LayerShape& shape);

/// Floating-point operations of a forward pass; a multiply-add counts as two. Mixing is the part that
/// connects positions:
///   self-attention    4 n^2 d      (scores and sums of values)
///   local attention   4 n r d      r = local_keys
///   recurrent (LSTM)  16 n d^2     (four gates, each of input and state)
///   convolution       2 k n d^2
/// Attention's projections of queries, keys, values and outputs, 8 n d^2, are counted separately; other
/// layers have none.
double mixing_operations(MixingLayer layer, const LayerShape& shape);
double projection_operations(MixingLayer layer, const LayerShape& shape);

/// Returns the length at which two layers have equal cost by formula, for the mixing alone or with
/// projections, at one width; 0 if one of them is cheaper at every length.
double crossing_length(MixingLayer a, MixingLayer b, const LayerShape& shape, bool projections);

struct ComplexityRow {
  MixingLayer layer;
  LayerShape shape;
  double mixing_operations = 0, projection_operations = 0;
  Timing mixing = {};  ///< forward pass of the mixing
  Timing layer_with_projections = {};
  int64_t steps = 1;  ///< sequential steps: 1, or the length
};

struct ComplexityOptions {
  std::vector<int64_t> lengths{125, 250, 500, 1000, 2000, 4000};
  std::vector<int64_t> widths{512, 1000};
  int64_t kernel = 3, block = 64;
  int64_t heads = 8;
  int repeats = 5;
  std::function<void(int64_t done, int64_t total, const std::string& label)> progress = {};
};

/// Measures every layer at every length and width: one sequence, float32 on the CPU, no gradients,
/// bidirectional if possible. The number of heads is the largest up to `heads` that divides the width.
std::vector<ComplexityRow> measure_complexity(const ComplexityOptions& options);

}  // namespace heed::bench
