// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/po_reader.h"

#include "tests/core/expect_error.h"
#include "tests/data/text/text_files.h"

namespace heed::text {
namespace {

Catalogue parse(std::string_view text) {
  return parse_po(text, "t.po");
}

std::string fault(std::string_view text) {
  return error_of(ErrorKind::kData, [&] { parse(text); });
}

Message message(std::string id, std::string translation) {
  Message result;
  result.id = std::move(id);
  result.translations = {std::move(translation)};
  return result;
}

TEST(PoReader, ReadsMessagesAndTheHeader) {
  const Catalogue catalogue = parse(R"(# A title.
msgid ""
msgstr ""
"Project-Id-Version: x\n"
"Language: de\n"
"content-type: text/plain; charset=utf-8\n"

#. for translators
#: main.c:12
#, c-format
msgid "Open %s"
msgstr "%s öffnen"
msgid"tight"msgstr"eng"
)");
  EXPECT_EQ(catalogue.header_field("language"), "de");
  EXPECT_EQ(catalogue.header_field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(catalogue.header_field("Plural-Forms"), "");
  EXPECT_EQ(catalogue.messages,
            (std::vector<Message>{message("Open %s", "%s öffnen"), message("tight", "eng")}));
}

TEST(PoReader, TextsOverSeveralLinesAreOne) {
  const Catalogue catalogue =
      parse("msgid \"\"\r\n  \"One. \"\r\n\r\n# between\r\n\"Two.\\n\" \"Three.\"\r\nmsgstr \"x\"\r\n");
  EXPECT_EQ(catalogue.messages, std::vector<Message>{message("One. Two.\nThree.", "x")});
}

TEST(PoReader, ReadsPluralsAndContexts) {
  const Catalogue catalogue = parse(R"(
msgctxt "files"
msgid "%d file"
msgid_plural "%d files"
msgstr[0] "%d plik"
msgstr[1] "%d pliki"
msgstr[2] "%d plików"
msgctxt ""
msgid "a"
msgstr "b"
)");
  ASSERT_EQ(catalogue.messages.size(), 2U);
  EXPECT_EQ(catalogue.messages[0].context, "files");
  EXPECT_EQ(catalogue.messages[0].plural_id, "%d files");
  EXPECT_EQ(catalogue.messages[0].translations,
            (std::vector<std::string>{"%d plik", "%d pliki", "%d plików"}));
  EXPECT_EQ(catalogue.messages[1].context, "");
  EXPECT_EQ(catalogue.messages[1].plural_id, std::nullopt);
}

TEST(PoReader, AnEmptyMessageWithAContextIsNoHeader) {
  const Catalogue catalogue = parse("msgctxt \"c\"\nmsgid \"\"\nmsgstr \"charset=latin1\"\n");
  EXPECT_EQ(catalogue.header, "");
  EXPECT_EQ(catalogue.messages.size(), 1U);
}

TEST(PoReader, ReadsEscapesAsCDoes) {
  const Catalogue catalogue =
      parse(R"(msgid "\n\t\r\"\\\a\b\f\v" msgstr "\101\x41\x4a1\7z\303\274\xC3\xBC\"")");
  EXPECT_EQ(catalogue.messages[0].id, "\n\t\r\"\\\a\b\f\v");
  EXPECT_EQ(catalogue.messages[0].translations[0], "AAJ1\az\xC3\xBC\xC3\xBC\"");
}

TEST(PoReader, TheFlagFuzzyIsThatOfTheNextMessageAlone) {
  const Catalogue catalogue = parse(R"(
#, c-format, fuzzy
msgctxt "c"
msgid "a"
msgstr "b"
#, no-fuzzy, fuzzy-logic
# fuzzy
#| msgid "previous"
msgid "c"
msgstr "d"
#,fuzzy
msgid "e"
msgstr "f"
#= fuzzy
msgid "g"
msgstr "h"
)");
  std::vector<bool> fuzzy;
  for (const auto& message : catalogue.messages) fuzzy.push_back(message.fuzzy);
  EXPECT_EQ(fuzzy, (std::vector<bool>{true, false, true, true}));
}

TEST(PoReader, ObsoleteMessagesAreCountedAndTheirFlagsDoNotLeak) {
  const Catalogue catalogue = parse(R"(
#, fuzzy
#~ msgctxt "c"
#~ msgid "a"
#~ msgid_plural "as"
#~ msgstr[0] "b"
#~| msgid "previous"
#~msgid "with "
#~ "two lines"
#~ msgstr "d"
msgid "e"
msgstr "f"
)");
  EXPECT_EQ(catalogue.obsolete, 2);
  ASSERT_EQ(catalogue.messages.size(), 1U);
  EXPECT_FALSE(catalogue.messages[0].fuzzy);
}

TEST(PoReader, AnotherCharsetIsAnErrorThatNamesMsgconv) {
  const std::string header = "# by M\xFCller\nmsgid \"\"\nmsgstr \"\"\n\"Last-Translator: M\xFCller\\n\"\n";
  EXPECT_EQ(
      fault(header + "\"Content-Type: text/plain; charset=ISO-8859-1\\n\"\nmsgid \"a\"\nmsgstr \"\xE4\"\n"),
      "t.po, line 2: the charset is ISO-8859-1, but heed reads UTF-8; convert the file: msgconv "
      "--to-code=UTF-8");
  EXPECT_EQ(
      fault(header),
      "t.po, line 4: byte 0xFC in column 20 is not valid UTF-8; convert the file: msgconv --to-code=UTF-8");
  EXPECT_THAT(fault("msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=KOI8-R\"\n"),
              ::testing::HasSubstr("charset is KOI8-R"));
}

TEST(PoReader, Utf8AsciiAndNoCharsetAreRead) {
  for (const char* charset : {"UTF-8", "utf-8", "UTF8", "ASCII", "us-ascii", "CHARSET", "", "UTF-8; x=y"}) {
    const std::string header =
        std::string("msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=") + charset + "\\n\"\n";
    EXPECT_EQ(parse(header + "msgid \"a\"\nmsgstr \"ä\"\n").messages.size(), 1U) << charset;
  }
  EXPECT_EQ(parse("\xEF\xBB\xBFmsgid \"a\"\nmsgstr \"ä\"").messages.size(), 1U);
  EXPECT_EQ(parse("# \xFC in a comment\nmsgid \"a\"\nmsgstr \"b\"").messages.size(), 1U);
}

TEST(PoReader, SaysWhichLineIsWrong) {
  EXPECT_EQ(fault("\n\"a\""), "t.po, line 2: a quoted string has no keyword before it");
  EXPECT_EQ(fault("msgid \"a\nmsgstr \"b\""), "t.po, line 1: a quoted string does not end on its line");
  EXPECT_EQ(fault("msgid \"a\\"), "t.po, line 1: a quoted string does not end on its line");
  EXPECT_EQ(fault("msgid \"a\\\nb\""), "t.po, line 1: a quoted string does not end on its line");
  EXPECT_EQ(fault("msgid\n\nmsgstr \"b\""), "t.po, line 1: a keyword needs a quoted string");
  EXPECT_EQ(fault("msgid \"a\"\n\nmsgid \"b\"\nmsgstr \"c\""), "t.po, line 1: a message without msgstr");
  EXPECT_EQ(fault("\nmsgid \"a\""), "t.po, line 2: a message without msgstr");
  EXPECT_EQ(fault("msgctxt \"a\"\nmsgstr \"b\""), "t.po, line 2: msgstr has no msgid before it");
  EXPECT_EQ(fault("msgid_plural \"a\""), "t.po, line 1: msgid_plural has no msgid before it");
  EXPECT_EQ(fault("msgid \"a\"\nmsgstr \"b\"\nmsgstr \"c\""), "t.po, line 3: a second msgstr for one msgid");
  EXPECT_EQ(fault("msgid \"a\"\nmsgstr[0] \"b\""), "t.po, line 2: msgstr[n] has no msgid_plural before it");
  EXPECT_EQ(fault("msgid \"a\"\nmsgid_plural \"b\"\nmsgstr \"c\""),
            "t.po, line 3: msgid_plural needs msgstr[0], msgstr[1], ...");
  EXPECT_EQ(fault("msgid \"a\"\nmsgid_plural \"b\"\nmsgstr[1] \"c\""),
            "t.po, line 3: expected msgstr[0], found msgstr[1]");
  EXPECT_EQ(fault("msgid \"a\"\nmsgid_plural \"b\"\nmsgstr[0] \"c\"\nmsgstr[0] \"d\""),
            "t.po, line 4: expected msgstr[1], found msgstr[0]");
  for (const char* index : {"[", "[]", "[x]", "[-1]", "[99999999999999999999]"}) {
    EXPECT_EQ(fault(std::string("msgid \"a\"\nmsgid_plural \"b\"\nmsgstr") + index + " \"c\""),
              "t.po, line 3: msgstr[ needs a number and ]");
  }
  EXPECT_EQ(fault("msgfoo \"a\""), "t.po, line 1: unknown keyword 'msgfoo'");
  EXPECT_EQ(fault("<html>"), "t.po, line 1: expected a keyword, a quoted string or a comment");
  for (const std::string escape : {"\\q", "\\'", "\\0", "\\400", "\\x", "\\x00"}) {
    EXPECT_EQ(fault("msgid \"a\"\nmsgstr \"x" + escape + "g\""),
              "t.po, line 2: the escape " + escape + " is not a C escape for a byte from 1 to 255");
  }
  EXPECT_EQ(fault("msgid \"a\"\nmsgstr \"\\xC3\"\n\"b\""),
            "t.po, line 2: the escapes do not form valid UTF-8");
  EXPECT_EQ(fault(std::string_view("msgid \"a\0\"", 10)), "t.po, line 1: a zero byte; is this a text file?");
}

TEST(PoReader, AnEmptyFileIsAnEmptyCatalogue) {
  EXPECT_TRUE(parse("").messages.empty());
  EXPECT_TRUE(parse("# nothing\n\ndomain \"app\"\n").messages.empty());
}

TEST(PoReader, ReadsFilesPackedOrNotAndNamesThem) {
  const testing::Files files;
  const std::string text = "msgid \"a\"\nmsgstr \"b\"\n";
  EXPECT_EQ(read_po(files.write("a.po", text)).messages,
            read_po(files.write("a.po.gz", testing::gzip(text))).messages);
  const auto wrong = files.write("wrong.po", "?");
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read_po(wrong); }),
              ::testing::StartsWith(wrong.string() + ", line 1: "));
}

}  // namespace
}  // namespace heed::text
