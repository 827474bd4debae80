// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace heed::evaluation {

/// Maps words to numbers: equal words get equal numbers. Stores views: the text must outlive it, or its
/// clear().
class WordIds {
 public:
  void clear() { ids_.clear(); }
  std::vector<uint32_t> operator()(std::span<const std::u32string_view> words);

 private:
  std::unordered_map<std::u32string_view, uint32_t> ids_;
};

/// Counts the n-grams of a hypothesis that its references share, for all orders at once: the clipped counts
/// of Papineni et al. 2002. Exact: n-grams are nodes of a trie over symbols (word numbers, code points), not
/// hashes.
///
/// Time and memory O(length * max_order) per sequence. Reuse one object for many segments: it keeps its
/// memory.
class NgramOverlap {
 public:
  explicit NgramOverlap(int max_order);

  /// Starts a segment.
  void set_hypothesis(std::span<const uint32_t> symbols);
  /// An n-gram matches as often as it occurs in the hypothesis, but not more often than in the reference that
  /// has it most.
  void add_reference(std::span<const uint32_t> symbols);
  /// Keeps the hypothesis and removes the references.
  void forget_references();

  /// Number of matches of order i + 1 at index i.
  std::span<const int64_t> matches() const { return matches_; }

 private:
  struct Slot {
    uint64_t key = 0;
    uint32_t node = 0;  // 0, the root, is never a child and marks an empty slot
  };
  struct Counts {
    uint32_t hypothesis = 0, reference = 0, matched = 0;
  };

  Slot& slot(uint32_t parent, uint32_t symbol);

  std::vector<Slot> slots_;
  int shift_ = 0;
  std::vector<Counts> nodes_;
  std::vector<int64_t> matches_;
};

/// Returns the number of n-grams of an order in a sequence.
constexpr int64_t ngram_count(size_t length, int order) {
  const int64_t count = static_cast<int64_t>(length) - order + 1;
  return count > 0 ? count : 0;
}

}  // namespace heed::evaluation
