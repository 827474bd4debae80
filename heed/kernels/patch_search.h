// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The patches of a texture that are nearest to a patch with some known pixels.
namespace heed::kernels {

/// The distance of the candidate at (row, column) is
///   sum_t weight[t] (texture[row * stride + column + offset[t]] - value[t])^2,
/// summed in the order of t. With pixels of 0 to 255 and integer weights up to 255 every product is a
/// float32, so that the sums have the same bits on every instruction set.
struct PatchSearchProblem {
  const float* texture = nullptr;  ///< at the first candidate; 64 numbers after the last one are readable
  int64_t stride = 0;
  int64_t rows = 0, columns = 0;  ///< numbers of candidates
  const int32_t* offset = nullptr;
  const float* value = nullptr;
  const float* weight = nullptr;  ///< not below 0
  int64_t taps = 0;
  /// Only candidates up to `bound` and up to `tolerance` times the smallest distance are of interest;
  /// tolerance is at least 1.
  float bound = 0, tolerance = 1;
};

/// Blocks of candidates of one row, `block` candidates each, with the distances of all that may be of
/// interest. The others, and entries without a candidate, have some larger number.
struct PatchSearchResult {
  /// [blocks found, block], with memory for all: rows * (columns / block + 1) blocks.
  float* distance = nullptr;
  int64_t* first = nullptr;  ///< row * columns + column of a block's first candidate, ascending
  int64_t blocks = 0;
  float best = 0;  ///< the smallest distance; above the bound if there is none
};

/// On the calling thread.
struct PatchSearchKernels {
  int64_t block;
  void (*search)(const PatchSearchProblem&, PatchSearchResult&) noexcept;
};

}  // namespace heed::kernels
