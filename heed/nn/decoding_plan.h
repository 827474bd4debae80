// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/attention/attention.h"
#include "heed/kernels/cached_attention.h"

namespace heed::nn {

/// What each position of a causal pattern attends to, for decoding one position after the other. The sequence
/// is cut into blocks; a position sees its block's memory, which lies before the block, and the block up to
/// itself.
///
/// Dense, causal: one block without a memory. Local1d: its query blocks, each with the positions before it.
/// Local2d: its rectangles, each with what lies above and beside it and comes before.
class DecodingPlan {
 public:
  /// Throws c10::Error when the pattern is not causal or does not fit the length.
  DecodingPlan(const attention::Pattern& pattern, int64_t length);

  int64_t length() const { return length_; }
  /// What `position` sees, itself last; `row` is left as it is. The list lives as long as the plan.
  void look(int32_t position, kernels::CachedQuery& query) const;
  /// Coordinate of each position, whose differences are the distances of attention::Distance: [length].
  const std::vector<int32_t>& coordinates() const { return coordinates_; }

 private:
  struct Block {
    int32_t begin = 0, memory = 0;  ///< its first position; positions of its memory
    std::vector<int32_t> seen;  ///< memory and block, ascending; empty: the memory ends at begin without gaps
  };
  const Block& block_of(int32_t position) const;

  int64_t length_;
  std::vector<Block> blocks_;
  std::vector<int32_t> block_of_;  ///< by position
  std::vector<int32_t> coordinates_;
};

}  // namespace heed::nn
