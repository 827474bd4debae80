// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "heed/bench/timing.h"

/// What a layer costs over length and width: table 1 of Vaswani et al. 2017, arXiv:1706.03762, with its
/// constants, and measured.
namespace heed::bench {

enum class MixingLayer { kSelfAttention, kLocalAttention, kRecurrent, kConvolution };
const char* name(MixingLayer layer);

struct LayerShape {
  int64_t length = 1000, width = 1000;
  int64_t kernel = 3;  ///< of the convolution
  int64_t block = 64;  ///< queries of local attention, and the keys before them that they see as well
};

/// Keys that a query of local attention sees on average: the block before, and half of its own.
double local_keys(const LayerShape& shape);

/// Floating-point operations of a forward pass, a multiply-add counted as two. Mixing is what lets positions
/// see each other:
///   self-attention    4 n^2 d      (scores and sums of values)
///   local attention   4 n r d      r = local_keys
///   recurrent (LSTM)  16 n d^2     (four gates, each of input and state)
///   convolution       2 k n d^2
/// Attention's projections of queries, keys, values and outputs, 8 n d^2, stand apart; the others have none.
double mixing_operations(MixingLayer layer, const LayerShape& shape);
double projection_operations(MixingLayer layer, const LayerShape& shape);

/// The length at which two layers cost the same by formula, mixing alone or with projections, at one width; 0
/// where one of them is the cheaper at every length.
double crossing_length(MixingLayer a, MixingLayer b, const LayerShape& shape, bool projections);

struct ComplexityRow {
  MixingLayer layer;
  LayerShape shape;
  double mixing_operations = 0, projection_operations = 0;
  Timing mixing = {};  ///< forward pass of the mixing, milliseconds
  Timing layer_with_projections = {};
  int64_t steps = 1;  ///< that must wait for each other: 1, or the length
};

struct ComplexityOptions {
  std::vector<int64_t> lengths{125, 250, 500, 1000, 2000, 4000};
  std::vector<int64_t> widths{512, 1000};
  int64_t kernel = 3, block = 64;
  int64_t heads = 8;
  int repeats = 5;
  std::function<void(int64_t done, int64_t total, const std::string& label)> progress = {};
};

/// Every layer at every length and width: one sequence, float32 on the CPU, no gradient, bidirectional where
/// the layer has a choice. Heads are as many of `heads` as divide the width.
std::vector<ComplexityRow> measure_complexity(const ComplexityOptions& options);

}  // namespace heed::bench
