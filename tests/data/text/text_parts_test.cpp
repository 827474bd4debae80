// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/text_parts.h"

#include "tests/data/text/text_files.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"

namespace heed::text {
namespace {
using testing::Files;
using testing::gzip;
using ::testing::HasSubstr;

std::vector<std::string> parts_of(const std::filesystem::path& file, size_t part_bytes) {
  TextFileReader reader(file, part_bytes);
  std::vector<std::string> parts;
  for (std::string part; reader.next(part);) {
    parts.push_back(part);
    EXPECT_FALSE(part.empty());
  }
  EXPECT_TRUE(reader.at_end());
  return parts;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += part;
  return text;
}

TEST(TextCut, FallsBeforeALoneBlankBetweenVisibleCharacters) {
  EXPECT_EQ(text_cut("one two three"), 7U);
  EXPECT_EQ(text_cut("one\ntwo"), 3U);
  EXPECT_EQ(text_cut("one two  three"), 3U);  // not within a run of blanks
}

TEST(TextCut, TakesWhatThereIsElse) {
  EXPECT_EQ(text_cut("\u65e5\u672c\n\u8a9e"), 6U);
  EXPECT_EQ(text_cut("\u65e5\u672c\u8a9e"), 6U);  // whole characters
  EXPECT_EQ(text_cut("a"), 1U);
}

TEST(TextFileReader, GivesTheTextInPartsOfAnySize) {
  const Files files;
  std::string text;
  for (int i = 0; i < 300; ++i) text += "line " + std::to_string(i) + " na\u00efve \U0001F600\n\n";
  const auto file = files.write("t.txt", text);
  for (const size_t size : {16, 17, 100, 4096, 1 << 20}) {
    const auto parts = parts_of(file, size);
    EXPECT_EQ(joined(parts), text) << size;
    EXPECT_EQ(parts.size() > 1, size < text.size());
  }
}

TEST(TextFileReader, DropsMarksAndCarriageReturns) {
  const Files files;
  for (const size_t size : {2, 3, 4, 5, 64})
    EXPECT_EQ(joined(parts_of(files.write("t.txt", "\xEF\xBB\xBFone\r\ntwo\rthree\r\n"), size)),
              "one\ntwo\rthree\n");
}

TEST(TextFileReader, Unpacks) {
  const Files files;
  EXPECT_EQ(joined(parts_of(files.write("t.txt.gz", gzip("some text\n")), 64)), "some text\n");
}

TEST(TextFileReader, NamesTheLineOfABrokenByte) {
  const Files files;
  const auto error_of = [&](const std::string& content) {
    try {
      parts_of(files.write("t.txt", content), 8);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(error_of("good line\nanother one\ncaf\xe9 here\n"),
              HasSubstr("t.txt, line 3: byte 0xE9 in column 4"));
  EXPECT_THAT(error_of("good\ncut \xe2\x82"), HasSubstr("line 2"));
  EXPECT_THAT(error_of(std::string("a\nb\0c", 5)), HasSubstr("line 2: a zero byte"));
  EXPECT_THAT(error_of(std::string("\xFF\xFE"
                                   "a\0",
                                   4)),
              HasSubstr("UTF-16"));
}

}  // namespace
}  // namespace heed::text
