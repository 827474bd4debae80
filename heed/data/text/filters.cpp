// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/filters.h"

#include <algorithm>
#include <functional>

#include "heed/data/text/counts.h"
#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

struct Lengths {
  size_t source, target;
};

bool beyond(const Lengths& lengths, size_t limit) {
  return limit != 0 && std::max(lengths.source, lengths.target) > limit;
}

/// Whether the ratio of the lengths exceeds the limit. A length of 0 counts as 1.
bool out_of_ratio(const Lengths& lengths, double limit) {
  const auto [shorter, longer] = std::minmax({lengths.source, lengths.target});
  return limit != 0 &&
         static_cast<double>(longer) > limit * static_cast<double>(std::max<size_t>(shorter, 1));
}

}  // namespace

std::string FilterCounts::text() const {
  const std::string reasons = list_counts({{empty, "empty"},
                                           {too_long, "too long"},
                                           {out_of_ratio, "out of ratio"},
                                           {identical, "identical"},
                                           {duplicates, duplicates == 1 ? "duplicate" : "duplicates"}});
  return "kept " + grouped(kept) + " of " + grouped(read) + (reasons.empty() ? "" : ": " + reasons);
}

PairFilter::PairFilter(const FilterOptions& options) : options_(options) {}

bool PairFilter::keeps(const SentencePair& pair) {
  ++counts_.read;
  int64_t* const reason = reason_against(pair);
  ++(reason != nullptr ? *reason : counts_.kept);
  return reason == nullptr;
}

int64_t* PairFilter::reason_against(const SentencePair& pair) {
  if (options_.drop_empty && (is_blank(pair.source) || is_blank(pair.target))) return &counts_.empty;
  const Lengths words{count_words(pair.source), count_words(pair.target)};
  const Lengths characters{count_characters(pair.source), count_characters(pair.target)};
  if (beyond(words, options_.max_words) || beyond(characters, options_.max_characters))
    return &counts_.too_long;
  if (out_of_ratio(words, options_.max_word_ratio) || out_of_ratio(characters, options_.max_character_ratio))
    return &counts_.out_of_ratio;
  if (options_.drop_identical && pair.source == pair.target) return &counts_.identical;
  if (!options_.drop_duplicates) return nullptr;
  const std::hash<std::string> hash;
  return seen_.insert({hash(pair.source), hash(pair.target)}).second ? nullptr : &counts_.duplicates;
}

FilterCounts filter_pairs(std::vector<SentencePair>& pairs, const FilterOptions& options) {
  PairFilter filter(options);
  std::erase_if(pairs, [&](const SentencePair& pair) { return !filter.keeps(pair); });
  return filter.counts();
}

}  // namespace heed::text
