// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <queue>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace heed::text {

/// Words as tokens, how often each pair of neighbours occurs in them, and the merging of one pair in all words: the
/// inner part of learning BPE. After a merge only the words that contain the pair are visited.
class PairCounts {
 public:
  struct Pair {
    int32_t left = 0, right = 0;
    int64_t count = 0;
  };

  /// Adds a word that occurs `count` times. Only before the first call of best().
  void add_word(const std::vector<int32_t>& tokens, int64_t count);

  /// The most frequent pair; of equally frequent ones that of the smallest ids. Nothing if no pair is left.
  std::optional<Pair> best();
  /// Replaces a pair by one token, in every word from left to right.
  void merge(const Pair& pair, int32_t token);
  /// Never returns this pair again.
  void drop(const Pair& pair);

 private:
  struct Word {
    size_t begin;
    uint32_t length;
    int64_t count;
  };
  struct Occurrences {
    int64_t count = 0;
    std::vector<uint32_t> words;
  };
  struct Less {
    bool operator()(const Pair& a, const Pair& b) const;
  };
  static uint64_t key_of(int32_t left, int32_t right);

  void queue_all();
  void add_pair(int32_t left, int32_t right, uint32_t word, std::vector<uint64_t>& grown);
  void remove_pair(int32_t left, int32_t right, int64_t count);
  void merge_in(uint32_t word, const Pair& pair, int32_t token, std::vector<uint64_t>& grown);
  void queue_pair(uint64_t key);

  std::vector<int32_t> tokens_;  // of all words; a word that shrinks leaves a gap behind it
  std::vector<Word> words_;
  std::unordered_map<uint64_t, Occurrences> pairs_;
  std::priority_queue<Pair, std::vector<Pair>, Less> queue_;
  bool queued_ = false;
};

}  // namespace heed::text
