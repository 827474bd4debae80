// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/pair_reader.h"

#include "tests/core/expect_error.h"
#include "tests/data/text/text_files.h"

namespace heed::text {
namespace {

using testing::lines_of;
using testing::read_pairs;
using Pairs = std::vector<SentencePair>;

Pairs aligned(std::string_view source, std::string_view target) {
  AlignedReader reader(lines_of(source, {}, "a.en"), lines_of(target, {}, "a.de"));
  return read_pairs(reader);
}

Pairs tsv(std::string_view text, const TsvColumns& columns = {}) {
  TsvReader reader(lines_of(text, {}, "a.tsv"), columns);
  return read_pairs(reader);
}

TEST(AlignedReader, PairsLineWithLine) {
  EXPECT_EQ(aligned("one\ntwo", "eins\r\nzwei\r\n"), (Pairs{{"one", "eins"}, {"two", "zwei"}}));
  EXPECT_EQ(aligned("one\n\n", "eins\nzwei\n"), (Pairs{{"one", "eins"}, {"", "zwei"}}))
      << "empty lines count";
  EXPECT_EQ(aligned(testing::gzip("a\tb\n"), "c\n"), (Pairs{{"a\tb", "c"}}));
  EXPECT_EQ(aligned("", ""), Pairs());
}

TEST(AlignedReader, UnequalCountsAreAnErrorWithBothFilesAndBothCounts) {
  const auto fault = [](std::string_view source, std::string_view target) {
    return error_of(ErrorKind::kData, [&] { aligned(source, target); });
  };
  EXPECT_EQ(
      fault("1\n2\n3\n", "1\n"),
      "a.en has 3 lines, a.de has 1 line; line i of one must be the translation of line i of the other");
  EXPECT_THAT(fault("1\n2", "1\n2\n3\n4\n\n"), ::testing::StartsWith("a.en has 2 lines, a.de has 5 lines;"));
  EXPECT_THAT(fault("", "1"), ::testing::StartsWith("a.en has 0 lines, a.de has 1 line;"));
}

TEST(TsvReader, TakesTheFirstTwoColumnsAndPassesOverTheOthers) {
  EXPECT_EQ(tsv("Hi.\tHallo!\nGo.\tGeh.\tCC-BY\t#1 & #2\n"), (Pairs{{"Hi.", "Hallo!"}, {"Go.", "Geh."}}));
  EXPECT_EQ(tsv("a\t\r\n\tb\r\n\t\t\n"), (Pairs{{"a", ""}, {"", "b"}, {"", ""}}));
  EXPECT_EQ(tsv("\"a\t\"b"), (Pairs{{"\"a", "\"b"}})) << "quotes mean nothing";
}

TEST(TsvReader, TakesOtherColumnsWhenToldSo) {
  EXPECT_EQ(tsv("1\tHi.\tHallo!\n", {.source = 2, .target = 1}), (Pairs{{"Hallo!", "Hi."}}));
  EXPECT_EQ(tsv("Hi.\n", {.source = 0, .target = 0}), (Pairs{{"Hi.", "Hi."}}));
}

TEST(TsvReader, PassesOverEmptyLines) {
  EXPECT_EQ(tsv("\n\na\tb\n\n"), (Pairs{{"a", "b"}}));
  EXPECT_EQ(tsv("\n\n"), Pairs());
}

TEST(TsvReader, SaysTheLineThatHasTooFewColumns) {
  const auto fault = [](std::string_view text, const TsvColumns& columns = {}) {
    return error_of(ErrorKind::kData, [&] { tsv(text, columns); });
  };
  EXPECT_EQ(fault("a\tb\n\nalone\n"), "a.tsv, line 3: has 1 column, 2 are needed, separated by tabs");
  EXPECT_EQ(fault("a\tb\n", {.source = 0, .target = 4}),
            "a.tsv, line 1: has 2 columns, 5 are needed, separated by tabs");
}

}  // namespace
}  // namespace heed::text
