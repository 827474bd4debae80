// SPDX-License-Identifier: Apache-2.0
#include "heed/data/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"

namespace heed {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows parse(std::string_view text) {
  Rows rows;
  for (auto& row : parse_csv(text, "t.csv")) rows.push_back(row.cells);
  return rows;
}

TEST(Csv, ParsesQuotesLineEndsAndEmptyCells) {
  EXPECT_EQ(parse(""), Rows());
  EXPECT_EQ(parse("\n\r\n\n"), Rows());
  EXPECT_EQ(parse("a,b\nc,d"), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(parse("\xEF\xBB\xBF"
                  "a,b\r\n,\r\n"),
            (Rows{{"a", "b"}, {"", ""}}));
  EXPECT_EQ(parse("\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\r\nx,y,z\n"),
            (Rows{{"a,b", "say \"hi\"", "two\nlines"}, {"x", "y", "z"}}));
  EXPECT_EQ(parse("\"\",a b , c"), (Rows{{"", "a b ", " c"}}));
}

TEST(Csv, ParsesOtherSeparatorsAndFindsThem) {
  const auto parse_any = [](std::string_view text) {
    Rows rows;
    for (auto& row : parse_csv(text, "t.csv", csv_separator(text))) rows.push_back(row.cells);
    return rows;
  };
  const Rows meant{{"a", "b"}, {"1,5", "c;d"}};
  EXPECT_EQ(parse_any("a,b\n\"1,5\",c;d\n"), meant);
  EXPECT_EQ(parse_any("a;b\r\n1,5;\"c;d\"\r\n"), meant);
  EXPECT_EQ(parse_any("a\tb\n1,5\tc;d"), meant);
  EXPECT_EQ(parse_any("a\nb\n"), (Rows{{"a"}, {"b"}}));
  EXPECT_EQ(csv_separator(""), ',');
  EXPECT_EQ(csv_separator("title, full;split;file\na,b,c,d;e;f\n"), ';');
}

TEST(Csv, RowsKnowTheirLine) {
  const auto rows = parse_csv("a\n\n\"b\nb\"\nc\n", "t.csv");
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1].line, 3U);
  EXPECT_EQ(rows[2].line, 5U);
}

TEST(Csv, SaysWhereAQuoteIsWrong) {
  const auto error_of = [](std::string_view text) -> std::string {
    try {
      parse_csv(text, "t.csv");
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(error_of("a\n\"b\nc"), "t.csv, line 2: the quote is not closed");
  EXPECT_EQ(error_of("\"a\"b,c"), "t.csv, line 1: text after a closing quote");
}

TEST(Csv, RowsThatAreWrittenAreReadBack) {
  const std::vector<std::string> cells{"plain", "a, b", "he said \"no\"", "two\nlines", ""};
  EXPECT_EQ(format_csv_row(cells), "plain,\"a, b\",\"he said \"\"no\"\"\",\"two\nlines\",");
  EXPECT_EQ(parse_csv(format_csv_row(cells) + "\n", "t.csv").front().cells, cells);
  EXPECT_EQ(format_csv_row({"a, b", "c\td"}, '\t'), "a, b\t\"c\td\"");
}

}  // namespace
}  // namespace heed
