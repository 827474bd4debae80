// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/line_reader.h"

#include "tests/core/expect_error.h"
#include "tests/data/text/text_files.h"
#include <sys/resource.h>
#include <sys/stat.h>

namespace heed::text {
namespace {

using testing::Files;
using testing::gzip;
using testing::lines_of;
using testing::read_lines;
using Lines = std::vector<std::string>;

Lines parse(std::string_view content, const LineOptions& options = {}) {
  return read_lines(lines_of(content, options));
}

std::string fault(std::string_view content, const LineOptions& options = {}) {
  return error_of(ErrorKind::kData, [&] { parse(content, options); });
}

TEST(LineReader, LinesEndAtLineFeedsAlone) {
  EXPECT_EQ(parse(""), Lines());
  EXPECT_EQ(parse("\n"), Lines{""});
  EXPECT_EQ(parse("a"), Lines{"a"});
  EXPECT_EQ(parse("a\n"), Lines{"a"});
  EXPECT_EQ(parse("a\n\nb"), (Lines{"a", "", "b"}));
  EXPECT_EQ(parse("a\r\n\r\nb\r\r\nc\rd\r"), (Lines{"a", "", "b\r", "c\rd"}));
  EXPECT_EQ(parse("a\xE2\x80\xA8"
                  "b\v\f\xC2\x85\n"),
            Lines{"a\xE2\x80\xA8"
                  "b\v\f\xC2\x85"});
}

TEST(LineReader, AByteOrderMarkIsDroppedAtTheStartAlone) {
  EXPECT_EQ(parse("\xEF\xBB\xBF"), Lines());
  EXPECT_EQ(parse("\xEF\xBB\xBF\n"), Lines{""});
  EXPECT_EQ(parse("\xEF\xBB\xBF"
                  "a\n\xEF\xBB\xBF"
                  "b"),
            (Lines{"a",
                   "\xEF\xBB\xBF"
                   "b"}));
}

TEST(LineReader, GzipIsKnownByItsBytesAndNotByItsName) {
  const Files files;
  EXPECT_EQ(read_lines(LineReader(files.write("packed.txt", gzip("a\nü\n")))), (Lines{"a", "ü"}));
  EXPECT_EQ(read_lines(LineReader(files.write("plain.gz", "a\nü\n"))), (Lines{"a", "ü"}));
  EXPECT_EQ(parse(gzip("")), Lines());
  EXPECT_EQ(parse(gzip("\xEF\xBB\xBF"
                       "a\r\nb")),
            (Lines{"a", "b"}));
}

TEST(LineReader, MembersOneAfterAnotherAreOneText) {
  EXPECT_EQ(parse(gzip("one, t") + gzip("") + gzip("wo\nthree")), (Lines{"one, two", "three"}));
}

TEST(LineReader, LinesAcrossBuffersAreWhole) {
  std::string text;
  Lines expected;
  for (size_t length : {65535, 1, 65536, 0, 65537, 200000, 131071, 2}) {
    expected.push_back(std::string(length / 2, 'x') + std::string(length - length / 2, 'y'));
    text += expected.back() + "\r\n";
  }
  EXPECT_EQ(parse(text), expected);
  EXPECT_EQ(parse(gzip(text)), expected);
}

TEST(LineReader, SaysLineAndColumnOfWhatIsNoUtf8) {
  EXPECT_EQ(fault("a\nGr\xFC\xDF"
                  "e\n"),
            "t.txt, line 2: byte 0xFC in column 3 is not valid UTF-8");
  EXPECT_EQ(fault("ok\n\xC0\xAF\n"), "t.txt, line 2: byte 0xC0 in column 1 is not valid UTF-8");
  EXPECT_EQ(fault("é\xED\xA0\x80"), "t.txt, line 1: byte 0xED in column 3 is not valid UTF-8");
  EXPECT_EQ(fault("\xF4\x90\x80\x80"), "t.txt, line 1: byte 0xF4 in column 1 is not valid UTF-8");
  EXPECT_EQ(fault("cut \xE2\x82\n"), "t.txt, line 1: byte 0xE2 in column 5 is not valid UTF-8");
  EXPECT_EQ(fault(std::string_view("\xFF\xFE"
                                   "a\0",
                                   4)),
            "t.txt, line 1: byte 0xFF in column 1 is not valid UTF-8; the file looks like UTF-16");
}

TEST(LineReader, RefusesZeroBytes) {
  EXPECT_EQ(fault(std::string_view("ok\nab\0c\n", 8)),
            "t.txt, line 2: a zero byte in column 3; is this a text file?");
}

TEST(LineReader, TheLongestLineIsRefusedOneByteLater) {
  const LineOptions ten{.max_line_bytes = 10};
  EXPECT_EQ(parse("0123456789\n0123456789", ten).size(), 2U);
  EXPECT_EQ(fault("a\n0123456789x", ten), "t.txt, line 2: is longer than 10 bytes; is this a text file?");
  EXPECT_EQ(parse(std::string(1 << 20, 'x') + "\n").size(), 1U);
  EXPECT_EQ(fault(std::string((1 << 20) + 1, 'x')),
            "t.txt, line 1: is longer than 1048576 bytes; is this a text file?");
}

TEST(LineReader, SaysTheLineAtWhichGzipDataIsCutOrCorrupt) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "line " + std::to_string(i * 7919 % 10007) + "\n";
  const std::string packed = gzip(text);
  for (const size_t kept : {packed.size() - 1, packed.size() - 8, packed.size() / 2, size_t{20}, size_t{3}}) {
    EXPECT_THAT(fault(packed.substr(0, kept)), ::testing::EndsWith(": the gzip data is truncated")) << kept;
  }
  // The text is complete but its checksum is not: every line is returned before the error is thrown.
  LineReader reader = lines_of(packed.substr(0, packed.size() - 8));
  const std::string message = error_of(ErrorKind::kData, [&] {
    for (std::string line; reader.next(line);) {
    }
  });
  EXPECT_EQ(message, "t.txt, line 20001: the gzip data is truncated");
  std::string wrong = packed;
  wrong[wrong.size() - 6] ^= 1;
  EXPECT_EQ(fault(wrong), "t.txt, line 20001: the gzip data is corrupt (incorrect data check)");
  EXPECT_EQ(fault(gzip("a\n") + "more"), "t.txt, line 2: the gzip data is corrupt (incorrect header check)");
}

TEST(LineReader, AGzipBombEndsWithAnErrorInLittleMemory) {
  // One long line is refused for its length, many short ones for their ratio to the packed bytes.
  EXPECT_THAT(fault(gzip(std::string(8 << 20, 'x'))), ::testing::HasSubstr("is longer than 1048576 bytes"));
  std::string lines;
  for (int i = 0; i < 1 << 20; ++i) lines += "boom\n";
  const std::string member = gzip(lines);
  std::string bomb;
  for (int i = 0; i < 20; ++i) bomb += member;
  LineReader reader = lines_of(bomb);
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  const std::string message = error_of(ErrorKind::kData, [&] {
    for (std::string line; reader.next(line);) {
    }
  });
  getrusage(RUSAGE_SELF, &after);
  EXPECT_THAT(message, ::testing::HasSubstr("unpacks to more than 250 times its size"));
  EXPECT_GT(reader.line_number(), (int64_t{64} << 20) / 5) << "up to 64 MiB anything is let pass";
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 8 << 10) << "kilobytes";
}

TEST(LineReader, SaysWhyAFileCannotBeOpened) {
  const Files files;
  const auto open_fault = [&](const std::filesystem::path& path) {
    return error_of(ErrorKind::kData, [&] { read_lines(LineReader(path)); });
  };
  EXPECT_EQ(open_fault(files.path()), files.path().string() + ": is a folder; a file is needed");
  EXPECT_THAT(open_fault(files.path() / "none"),
              ::testing::EndsWith("none: cannot open: No such file or directory"));
  const auto pipe = files.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(open_fault(pipe), ::testing::EndsWith("is not a regular file"));
}

TEST(LineReader, AtTheEndThereIsNoLineHoweverOftenItIsAsked) {
  LineReader reader = lines_of("a\n");
  std::string line;
  EXPECT_TRUE(reader.next(line));
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(reader.next(line));
    EXPECT_EQ(line, "");
    EXPECT_EQ(reader.line_number(), 1);
  }
}

}  // namespace
}  // namespace heed::text
