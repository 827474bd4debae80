// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/records.h"

#include "tests/core/expect_error.h"
#include "tests/data/text/text_files.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"

namespace heed::text {
namespace {
using ::testing::ElementsAre;
using testing::Files;
using testing::gzip;
using ::testing::HasSubstr;
using Rows = std::vector<std::vector<std::string>>;

Rows read(const std::filesystem::path& file, const std::vector<std::string>& fields) {
  Rows rows;
  read_records(file, fields, [&](const std::vector<std::string>& values) { rows.push_back(values); });
  return rows;
}

std::string failure(const std::filesystem::path& file, const std::vector<std::string>& fields) {
  try {
    read(file, fields);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    return error.what();
  }
  return "no error";
}

TEST(Records, JsonLinesGiveFieldsInTheOrderAsked) {
  const Files files;
  const auto file = files.write("a.jsonl.gz", gzip(R"({"text": "one\nline", "label": 3, "other": []})"
                                                   "\n\n"
                                                   R"({"label": null, "text": "two"})"));
  EXPECT_EQ(read(file, {"label", "text"}), (Rows{{"3", "one\nline"}, {"", "two"}}));
}

TEST(Records, MissingFieldsNameThoseThereAre) {
  const Files files;
  const auto file = files.write("a.jsonl", "{\"text\": \"x\", \"class\": \"y\"}\n");
  EXPECT_THAT(failure(file, {"text", "label"}),
              HasSubstr("a.jsonl, line 1: has no field \"label\"; there is class, text"));
  const auto table = files.write("a.tsv", "text\tclass\nx\ty\n");
  EXPECT_THAT(failure(table, {"label"}),
              HasSubstr("a.tsv, line 1: has no column \"label\"; there is text, class"));
}

TEST(Records, TabsKnowNoQuotesAndCommasDo) {
  const Files files;
  EXPECT_EQ(read(files.write("a.tsv", "text\tlabel\na 5\" disk\t\"x\n"), {"text", "label"}),
            (Rows{{"a 5\" disk", "\"x"}}));
  EXPECT_EQ(read(files.write("a.csv", "label,text\nx,\"a, \"\"b\"\"\nand c\"\n"), {"text", "label"}),
            (Rows{{"a, \"b\"\nand c", "x"}}));
}

TEST(Records, NumbersCountColumnsAndMakeTheFirstLineARow) {
  const Files files;
  const auto file = files.write("a.tsv", "x\tone\ny\ttwo\n");
  EXPECT_EQ(read(file, {"2", "1"}), (Rows{{"one", "x"}, {"two", "y"}}));
  EXPECT_THAT(failure(file, {"3", "1"}), HasSubstr("a.tsv, line 1: has 2 columns, 3 are needed"));
  EXPECT_EQ(read(files.write("b.tsv", "label\ttext\ny\ttwo\n"), {"text", "1"}), (Rows{{"two", "y"}}));
}

TEST(Records, MalformedRowsNameTheirLine) {
  const Files files;
  EXPECT_THAT(failure(files.write("a.jsonl", "{}\n[1]\n"), {}),
              HasSubstr("a.jsonl, line 2: is not a JSON object"));
  EXPECT_THAT(failure(files.write("a.csv", "a,b\n1,\"open\n"), {"a"}),
              HasSubstr("a.csv, line 2: the quote is not closed"));
  EXPECT_THAT(failure(files.write("a.txt", "a\n"), {"a"}), HasSubstr("must end in .jsonl, .tsv or .csv"));
}

TEST(Records, ListsOfFieldsMayHaveBlanks) {
  EXPECT_THAT(listed_fields("summary, text"), ElementsAre("summary", "text"));
  EXPECT_THAT(listed_fields(" one field ,"), ElementsAre("one field"));
}

}  // namespace
}  // namespace heed::text
