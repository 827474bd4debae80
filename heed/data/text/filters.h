// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "heed/data/text/pair_reader.h"

namespace heed::text {

/// What a pair must be to be kept; 0 stands for no limit.
struct FilterOptions {
  size_t max_words = 0, max_characters = 0;            ///< on either side
  double max_word_ratio = 0, max_character_ratio = 0;  ///< of the longer side to the shorter; 1 and above
  bool drop_empty = true;                              ///< pairs of which a side holds nothing but blanks
  bool drop_identical = false;                         ///< pairs whose two sides are the same
  bool drop_duplicates = false;                        ///< pairs that came before, both sides the same
};

/// How many pairs went for which reason: the first that held, in this order.
struct FilterCounts {
  int64_t read = 0, kept = 0;
  int64_t empty = 0, too_long = 0, out_of_ratio = 0, identical = 0, duplicates = 0;

  /// "kept 28,950 of 29,000: 40 too long, 10 duplicates"
  std::string text() const;
};

/// Judges pairs one by one. Of duplicates it remembers 16 bytes a pair.
class PairFilter {
 public:
  explicit PairFilter(const FilterOptions& options);
  bool keeps(const SentencePair& pair);
  const FilterCounts& counts() const { return counts_; }

 private:
  struct Fingerprint {
    size_t source, target;
    bool operator==(const Fingerprint&) const = default;
  };
  struct FingerprintHash {
    size_t operator()(const Fingerprint& fingerprint) const {
      return fingerprint.source ^ fingerprint.target * 0x9E3779B97F4A7C15;
    }
  };
  int64_t* reason_against(const SentencePair& pair);

  FilterOptions options_;
  FilterCounts counts_;
  std::unordered_set<Fingerprint, FingerprintHash> seen_;
};

/// Removes from `pairs` those that are not kept; the others stay in their order.
FilterCounts filter_pairs(std::vector<SentencePair>& pairs, const FilterOptions& options);

}  // namespace heed::text
