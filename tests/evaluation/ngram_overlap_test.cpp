// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/ngram_overlap.h"

#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>

namespace heed::evaluation {
namespace {

using Symbols = std::vector<uint32_t>;

std::vector<int64_t> as_vector(std::span<const int64_t> matches) {
  return {matches.begin(), matches.end()};
}

std::map<Symbols, int64_t> ngrams(const Symbols& symbols, size_t order) {
  std::map<Symbols, int64_t> counts;
  for (auto first = symbols.begin(); static_cast<size_t>(symbols.end() - first) >= order; ++first) {
    ++counts[Symbols(first, first + static_cast<std::ptrdiff_t>(order))];
  }
  return counts;
}

// Papineni's clipped count, implemented naively.
int64_t clipped_matches(const Symbols& hypothesis, const std::vector<Symbols>& references, size_t order) {
  int64_t matches = 0;
  for (const auto& [ngram, count] : ngrams(hypothesis, order)) {
    int64_t most = 0;
    for (const Symbols& reference : references) {
      const auto counts = ngrams(reference, order);
      if (const auto found = counts.find(ngram); found != counts.end()) most = std::max(most, found->second);
    }
    matches += std::min(count, most);
  }
  return matches;
}

Symbols random_symbols(std::mt19937& random) {
  Symbols symbols(random() % 40);
  for (uint32_t& symbol : symbols) symbol = random() % 5 == 0 ? 0xFFFFFFFF - random() % 2 : random() % 4;
  return symbols;
}

TEST(NgramOverlap, EqualsThePlainCountOfRandomSequences) {
  std::mt19937 random(7);
  NgramOverlap overlap(6);
  for (int round = 0; round < 300; ++round) {
    const Symbols hypothesis = random_symbols(random);
    const std::vector<Symbols> references{random_symbols(random), random_symbols(random),
                                          random_symbols(random)};
    overlap.set_hypothesis(hypothesis);
    for (const Symbols& reference : references) overlap.add_reference(reference);
    for (size_t order = 1; order <= 6; ++order) {
      ASSERT_EQ(overlap.matches()[order - 1], clipped_matches(hypothesis, references, order))
          << "round " << round << ", order " << order;
    }
  }
}

TEST(NgramOverlap, ClipsByTheReferenceThatHasMostAndNotByTheirSum) {
  NgramOverlap overlap(2);
  overlap.set_hypothesis(Symbols{1, 1, 1, 1});
  overlap.add_reference(Symbols{1, 1});
  EXPECT_EQ(as_vector(overlap.matches()), (std::vector<int64_t>{2, 1}));
  overlap.add_reference(Symbols{1, 2, 1, 3, 1});
  EXPECT_EQ(as_vector(overlap.matches()), (std::vector<int64_t>{3, 1}));
}

TEST(NgramOverlap, ForgettingReferencesKeepsTheHypothesis) {
  NgramOverlap overlap(2);
  overlap.set_hypothesis(Symbols{1, 2, 3});
  overlap.add_reference(Symbols{1, 2, 3});
  overlap.forget_references();
  EXPECT_EQ(as_vector(overlap.matches()), (std::vector<int64_t>{0, 0}));
  overlap.add_reference(Symbols{2, 3});
  EXPECT_EQ(as_vector(overlap.matches()), (std::vector<int64_t>{2, 1}));
}

TEST(NgramOverlap, EmptySequencesMatchNothing) {
  NgramOverlap overlap(4);
  overlap.set_hypothesis({});
  overlap.add_reference(Symbols{1, 2});
  EXPECT_EQ(as_vector(overlap.matches()), (std::vector<int64_t>(4, 0)));
  overlap.set_hypothesis(Symbols{1});
  overlap.add_reference({});
  EXPECT_EQ(as_vector(overlap.matches()), (std::vector<int64_t>(4, 0)));
  EXPECT_EQ(ngram_count(2, 4), 0);
  EXPECT_EQ(ngram_count(4, 4), 1);
}

TEST(WordIds, AreEqualForEqualWordsAlone) {
  WordIds ids;
  const std::vector<std::u32string_view> words{U"the", U"cat", U"the"};
  const auto numbers = ids(words);
  EXPECT_EQ(numbers[0], numbers[2]);
  EXPECT_NE(numbers[0], numbers[1]);
  EXPECT_EQ(ids(words), numbers);
}

}  // namespace
}  // namespace heed::evaluation
