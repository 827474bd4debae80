// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "heed/data/text/byte_level_model.h"

namespace heed::text {

/// The merges of byte-level BPE for encoding: rank and result of a pair of tokens. Built once; reading is safe from
/// several threads.
class MergeTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;  ///< rank of a pair that does not merge

  explicit MergeTable(std::span<const ByteLevelModel::Merge> merges);

  struct Merge {
    uint32_t rank = kNone;
    int32_t result = 0;
  };
  /// Rank and result of a pair; of equal pairs the last.
  Merge find(int32_t left, int32_t right) const {
    const uint64_t key = key_of(left, right);
    size_t place = first_place(key);
    while (slots_[place].key != key && slots_[place].key != kEmpty) place = (place + 1) & mask_;
    return slots_[place].merge;  // an empty slot has rank kNone
  }

  /// Merges the pair of the least rank, of equal ones the leftmost, until none is left.
  void apply(std::vector<int32_t>& tokens) const;

 private:
  static constexpr uint64_t kEmpty = UINT64_MAX;
  struct Slot {
    uint64_t key = kEmpty;
    Merge merge;
  };
  static uint64_t key_of(int32_t left, int32_t right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  }
  // Multiplies by 2^64 over the golden ratio and takes the highest bits (Knuth, volume 3, section 6.4).
  size_t first_place(uint64_t key) const { return ((key ^ key >> 29) * 0x9E3779B97F4A7C15) >> shift_; }

  void apply_by_scan(std::vector<int32_t>& tokens) const;
  void apply_by_heap(std::vector<int32_t>& tokens) const;

  std::vector<Slot> slots_;
  size_t mask_ = 0;
  int shift_ = 0;
};

}  // namespace heed::text
