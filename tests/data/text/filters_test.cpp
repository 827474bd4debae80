// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/filters.h"

#include "tests/data/text/text_files.h"
#include <gtest/gtest.h>

#include "heed/data/text/counts.h"

namespace heed::text {
namespace {

using Pairs = std::vector<SentencePair>;

Pairs filtered(Pairs pairs, const FilterOptions& options) {
  filter_pairs(pairs, options);
  return pairs;
}

TEST(Filters, EmptySidesGoUnlessTheyMayStay) {
  const Pairs pairs{{"a", "b"}, {"", "b"}, {"a", " \t\xC2\xA0"}, {"", ""}};
  EXPECT_EQ(filtered(pairs, {}), (Pairs{{"a", "b"}}));
  EXPECT_EQ(filtered(pairs, {.drop_empty = false}), pairs);
}

TEST(Filters, TheLimitItselfIsKept) {
  const Pairs pairs{{"a b c", "x"}, {"a b c d", "x"}, {"x", "a b c d"}};
  EXPECT_EQ(filtered(pairs, {.max_words = 3}), (Pairs{{"a b c", "x"}}));
  EXPECT_EQ(filtered({{"äöü", "x"}, {"äöüß", "x"}}, {.max_characters = 3}), (Pairs{{"äöü", "x"}}))
      << "characters, not bytes";
}

TEST(Filters, TheRatioIsOfTheLongerSideToTheShorter) {
  const Pairs pairs{{"a b c", "x y"}, {"x y", "a b c"}, {"a b c d", "x y"}, {"x", "a b"}};
  EXPECT_EQ(filtered(pairs, {.max_word_ratio = 1.5}), (Pairs{{"a b c", "x y"}, {"x y", "a b c"}}));
  EXPECT_EQ(filtered({{"好", "good"}, {"好的", "good"}}, {.max_character_ratio = 2}),
            (Pairs{{"好的", "good"}}));
  EXPECT_EQ(filtered({{"", "a b"}, {"", "a"}}, {.max_word_ratio = 1, .drop_empty = false}),
            (Pairs{{"", "a"}}));
}

TEST(Filters, DuplicatesAreOfBothSidesAndTheFirstStays) {
  const Pairs pairs{{"a", "b"}, {"a", "c"}, {"a", "b"}, {"b", "a"}, {"a", "b"}};
  EXPECT_EQ(filtered(pairs, {.drop_duplicates = true}), (Pairs{{"a", "b"}, {"a", "c"}, {"b", "a"}}));
  EXPECT_EQ(filtered(pairs, {}), pairs);
}

TEST(Filters, IdenticalSidesGoWhenAskedTo) {
  const Pairs pairs{{"a", "a"}, {"a", "a "}};
  EXPECT_EQ(filtered(pairs, {.drop_identical = true}), (Pairs{{"a", "a "}}));
  EXPECT_EQ(filtered(pairs, {}), pairs);
}

TEST(Filters, EveryPairIsCountedForItsFirstReason) {
  Pairs pairs{{"", "b"}, {"a b c", "a b c"}, {"x", "x"}, {"x", "y"}, {"x", "y"}, {"x", "y y"}};
  const FilterCounts counts = filter_pairs(
      pairs, {.max_words = 2, .max_word_ratio = 1.5, .drop_identical = true, .drop_duplicates = true});
  EXPECT_EQ(counts.text(), "kept 1 of 6: 1 empty, 1 too long, 1 out of ratio, 1 identical, 1 duplicate");
}

TEST(Filters, CountsReadWell) {
  FilterCounts counts{.read = 29000, .kept = 28950};
  counts.too_long = 40;
  counts.duplicates = 10;
  EXPECT_EQ(counts.text(), "kept 28,950 of 29,000: 40 too long, 10 duplicates");
  EXPECT_EQ((FilterCounts{.read = 5, .kept = 5}).text(), "kept 5 of 5");
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000), "1,000");
  EXPECT_EQ(grouped(-1'234'567), "-1,234,567");
}

TEST(Filters, JudgesStreamsOneByOne) {
  PairFilter filter({.drop_duplicates = true});
  EXPECT_TRUE(filter.keeps({"a", "b"}));
  EXPECT_FALSE(filter.keeps({"a", "b"}));
  EXPECT_EQ(filter.counts().read, 2);
}

}  // namespace
}  // namespace heed::text
