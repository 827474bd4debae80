// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "heed/data/text/pair_reader.h"

namespace heed::text {

/// Conditions under which a pair is kept; 0 means no limit.
struct FilterOptions {
  size_t max_words = 0, max_characters = 0;            ///< limits for each side
  double max_word_ratio = 0, max_character_ratio = 0;  ///< limits for longer side / shorter side, at least 1
  bool drop_empty = true;                              ///< drop pairs with a side that is empty or blank
  bool drop_identical = false;                         ///< drop pairs whose sides are equal
  bool drop_duplicates = false;  ///< drop pairs that occurred before, with both sides equal
};

/// Numbers of dropped pairs by reason. A pair counts under the first reason that applies, in this order.
struct FilterCounts {
  int64_t read = 0, kept = 0;
  int64_t empty = 0, too_long = 0, out_of_ratio = 0, identical = 0, duplicates = 0;

  /// "kept 28,950 of 29,000: 40 too long, 10 duplicates"
  std::string text() const;
};

/// Filters pairs one by one. Detecting duplicates takes 16 bytes of memory per pair.
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

/// Removes pairs from `pairs` that the filter drops; keeps the order of the others.
FilterCounts filter_pairs(std::vector<SentencePair>& pairs, const FilterOptions& options);

}  // namespace heed::text
