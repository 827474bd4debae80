// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/mo_reader.h"

#include "tests/core/expect_error.h"
#include "tests/data/text/mo_bytes.h"
#include "tests/data/text/text_files.h"

namespace heed::text {
namespace {

using testing::as_bytes;
using testing::MoBytes;
using namespace std::string_literals;

Catalogue parse(std::string_view bytes) {
  return parse_mo(as_bytes(bytes), "t.mo");
}

std::string fault(std::string_view bytes) {
  return error_of(ErrorKind::kData, [&] { parse(bytes); });
}

MoBytes sample() {
  return {{{"", "Language: pl\nContent-Type: text/plain; charset=UTF-8\n"},
           {"%d file\0%d files"s, "%d plik\0%d pliki\0%d plików"s},
           {"Open", "Otwórz"},
           {"menu\4Open", "Otwieranie"}}};
}

TEST(MoReader, ReadsBothByteOrders) {
  for (const bool big_endian : {false, true}) {
    MoBytes mo = sample();
    mo.big_endian = big_endian;
    const Catalogue catalogue = parse(mo.bytes());
    EXPECT_EQ(catalogue.header_field("Language"), "pl");
    ASSERT_EQ(catalogue.messages.size(), 3U);
    EXPECT_EQ(catalogue.messages[0].id, "%d file");
    EXPECT_EQ(catalogue.messages[0].plural_id, "%d files");
    EXPECT_EQ(catalogue.messages[0].translations,
              (std::vector<std::string>{"%d plik", "%d pliki", "%d plików"}));
    EXPECT_EQ(catalogue.messages[1].context, std::nullopt);
    EXPECT_EQ(catalogue.messages[2].context, "menu");
    EXPECT_EQ(catalogue.messages[2].id, "Open");
    EXPECT_EQ(catalogue.messages[2].translations, std::vector<std::string>{"Otwieranie"});
  }
}

TEST(MoReader, ReadsMajorRevisionsZeroAndOne) {
  for (const uint32_t revision : {0x00000U, 0x00001U, 0x10000U, 0x10001U}) {
    MoBytes mo = sample();
    mo.revision = revision;
    EXPECT_EQ(parse(mo.bytes()).messages.size(), 3U);
  }
  MoBytes mo = sample();
  mo.revision = 0x20003;
  EXPECT_EQ(fault(mo.bytes()), "t.mo, byte 4: has revision 2.3; supported are 0 and 1");
}

TEST(MoReader, EveryTruncationIsAnError) {
  const std::string whole = sample().bytes();
  ASSERT_EQ(parse(whole).messages.size(), 3U);
  for (size_t size = 0; size < whole.size(); ++size) {
    // In a separate buffer, so that a read past its end is detected.
    const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    fault({cut.data(), cut.size()});
  }
}

TEST(MoReader, LyingCountsLengthsAndOffsetsAreErrors) {
  const std::string whole = sample().bytes();
  const auto with = [&](size_t at, uint32_t value) {
    std::string bytes = whole;
    return bytes.replace(at, 4, MoBytes{}.number(value));
  };
  EXPECT_EQ(fault(with(8, 0xFFFFFFFF)),
            "t.mo, byte 12: a table of 4294967295 strings extends past the end of the file");
  EXPECT_EQ(fault(with(12, 0xFFFFFFF0)),
            "t.mo, byte 12: a table of 4 strings extends past the end of the file");
  EXPECT_EQ(fault(with(16, static_cast<uint32_t>(whole.size()))),
            "t.mo, byte 16: a table of 4 strings extends past the end of the file");
  EXPECT_EQ(fault(with(36, 0xFFFFFFFF)), "t.mo, byte 36: a string extends past the end of the file");
  EXPECT_EQ(fault(with(40, 0xFFFFFFFF)), "t.mo, byte 36: a string extends past the end of the file");
  EXPECT_EQ(fault(with(40, static_cast<uint32_t>(whole.size()))),
            "t.mo, byte 36: a string extends past the end of the file");
  EXPECT_THAT(fault(with(36, 3)), ::testing::EndsWith("a string does not end in a zero byte"));
}

TEST(MoReader, TextsLyingOverEachOtherCannotMultiply) {
  const uint32_t count = 1000, size = 28 + 16 * count + 10'000;
  const MoBytes mo;
  std::string bytes = mo.number(mo.magic) + mo.number(0) + mo.number(count) + mo.number(28) +
                      mo.number(28 + 8 * count) + mo.number(0) + mo.number(0);
  for (uint32_t i = 0; i < 2 * count; ++i) bytes += mo.number(9'999) + mo.number(size - 10'000);
  bytes += std::string(9'999, 'x') + '\0';
  EXPECT_THAT(fault(bytes), ::testing::EndsWith("the strings overlap"));
}

TEST(MoReader, AnotherCharsetIsAnErrorThatSaysHowToConvert) {
  const MoBytes mo{{{"", "Content-Type: text/plain; charset=ISO-8859-2\n"}, {"a", "\xB1"}}};
  EXPECT_THAT(fault(mo.bytes()),
              ::testing::AllOf(::testing::StartsWith("t.mo, byte 63: the charset is ISO-8859-2"),
                               ::testing::HasSubstr("msgunfmt")));
  EXPECT_THAT(fault(MoBytes{{{"a", "x\xB1"}}}.bytes()),
              ::testing::EndsWith("byte 47: a string is not valid UTF-8"));
}

TEST(MoReader, FormsMustFitTheMessage) {
  EXPECT_THAT(fault(MoBytes{{{"a", "b\0c"s}}}.bytes()),
              ::testing::EndsWith("a message without a plural has plural forms"));
  EXPECT_THAT(fault(MoBytes{{{"a\0b\0c"s, "d\0e"s}}}.bytes()),
              ::testing::EndsWith("a message has more than one plural"));
  EXPECT_THAT(fault(MoBytes{{{"\0a"s, "b"}}}.bytes()), ::testing::EndsWith("the header has a plural"));
  const Catalogue one = parse(MoBytes{{{"a\0b"s, "c"}}}.bytes());
  EXPECT_EQ(one.messages[0].translations, std::vector<std::string>{"c"});
  const Catalogue empty = parse(MoBytes{{{"a\0b"s, "c\0"s}}}.bytes());
  EXPECT_EQ(empty.messages[0].translations, (std::vector<std::string>{"c", ""}));
}

TEST(MoReader, AContextEndsBeforeThePlural) {
  const Catalogue catalogue = parse(MoBytes{{{"a\0b\4c"s, "d"}, {"\4\4a\0b"s, "d"}}}.bytes());
  EXPECT_EQ(catalogue.messages[0].context, std::nullopt);
  EXPECT_EQ(catalogue.messages[0].plural_id, "b\4c");
  EXPECT_EQ(catalogue.messages[1].context, "");
  EXPECT_EQ(catalogue.messages[1].id, "\4a");
}

TEST(MoReader, TheHeaderEndsAtItsFirstZero) {
  const Catalogue catalogue = parse(MoBytes{{{"", "Language: de\n\0Language: fr\n"s}}}.bytes());
  EXPECT_EQ(catalogue.header, "Language: de\n");
  EXPECT_TRUE(catalogue.messages.empty());
}

TEST(MoReader, WhatIsNoCatalogueIsRefused) {
  EXPECT_EQ(fault(""), "t.mo, byte 0: is not a compiled catalogue (.mo)");
  EXPECT_EQ(fault("msgid \"a\""), "t.mo, byte 0: is not a compiled catalogue (.mo)");
  EXPECT_EQ(fault(sample().bytes().substr(0, 19)), "t.mo, byte 19: the header is truncated");
  EXPECT_TRUE(parse(MoBytes{}.bytes()).messages.empty());
}

TEST(MoReader, ReadsFilesPackedOrNot) {
  const testing::Files files;
  const std::string bytes = sample().bytes();
  EXPECT_EQ(read_mo(files.write("a.mo", bytes)).messages,
            read_mo(files.write("a.mo.gz", testing::gzip(bytes))).messages);
}

}  // namespace
}  // namespace heed::text
