// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/catalogue_pairs.h"

#include "tests/core/expect_error.h"
#include "tests/data/text/mo_bytes.h"
#include "tests/data/text/text_files.h"

#include "heed/data/text/po_reader.h"

namespace heed::text {
namespace {

using Pairs = std::vector<SentencePair>;

Pairs pairs_of(const std::string& po) {
  CatalogueCounts counts;
  return catalogue_pairs(parse_po(po, "t.po"), counts);
}

Pairs pairs_of(const std::string& id, const std::string& translation) {
  Catalogue catalogue;
  Message message;
  message.id = id;
  message.translations = {translation};
  catalogue.messages = {message};
  CatalogueCounts counts;
  return catalogue_pairs(catalogue, counts);
}

Pairs plural(const std::string& plural_forms, const std::vector<std::string>& forms) {
  std::string po = "msgid \"\"\nmsgstr \"Plural-Forms: " + plural_forms + "\\n\"\n";
  po += "msgid \"one\"\nmsgid_plural \"many\"\n";
  for (size_t i = 0; i < forms.size(); ++i) po += "msgstr[" + std::to_string(i) + "] \"" + forms[i] + "\"\n";
  return pairs_of(po);
}

TEST(CataloguePairs, TheFormOfOneGoesWithMsgidAndEveryOtherWithThePlural) {
  EXPECT_EQ(plural("nplurals=2; plural=(n != 1);", {"eins", "viele"}),
            (Pairs{{"one", "eins"}, {"many", "viele"}}));
  EXPECT_EQ(plural("", {"a", "b", "c"}), (Pairs{{"one", "a"}, {"many", "b"}, {"many", "c"}}));
  EXPECT_EQ(plural("nplurals=4; plural=(n%100==1 ? 1 : n%100==2 ? 2 : n%100==3 ? 3 : 0);",
                   {"ur", "ura", "uri", "ure"}),
            (Pairs{{"many", "ur"}, {"one", "ura"}, {"many", "uri"}, {"many", "ure"}}));
}

TEST(CataloguePairs, ASingleFormGoesWithThePlural) {
  EXPECT_EQ(plural("nplurals=1; plural=0;", {"個"}), (Pairs{{"many", "個"}}));
}

TEST(CataloguePairs, EmptyFormsAreLeftOut) {
  EXPECT_EQ(plural("nplurals=2; plural=n != 1;", {"", "viele"}), (Pairs{{"many", "viele"}}));
}

TEST(CataloguePairs, LinesArePartedWhenBothSidesHaveEquallyMany) {
  EXPECT_EQ(pairs_of("One.\nTwo.\n", "Eins.\nZwei."), (Pairs{{"One.", "Eins."}, {"Two.", "Zwei."}}));
  EXPECT_EQ(pairs_of("\nOne.\r\n\r\nTwo.", "Eins.\n\nZwei.\n"),
            (Pairs{{"One.", "Eins."}, {"Two.", "Zwei."}}));
}

TEST(CataloguePairs, OtherLinesAreJoinedByBlanks) {
  EXPECT_EQ(pairs_of("One\ntwo.\n", "Eins zwei."), (Pairs{{"One two.", "Eins zwei."}}));
  EXPECT_EQ(pairs_of("One.\n\nTwo.", "Eins.\nund\nZwei."), (Pairs{{"One. Two.", "Eins. und Zwei."}}));
  EXPECT_EQ(pairs_of("a\n\nb\nc", "a\nb\n\nc"), (Pairs{{"a b c", "a b c"}})) << "empty ones at other places";
}

TEST(CataloguePairs, CountsWhatIsSkipped) {
  CatalogueCounts counts;
  const Catalogue catalogue = parse_po(R"(
msgid ""
msgstr "Language: de\n"
#, fuzzy
msgid "a"
msgstr "b"
msgid "c"
msgstr ""
msgid "d"
msgstr " \n"
msgid "e"
msgid_plural "es"
msgstr[0] ""
msgstr[1] ""
msgid "f"
msgstr "g"
#~ msgid "h"
#~ msgstr "i"
)",
                                       "t.po");
  EXPECT_EQ(catalogue_pairs(catalogue, counts), (Pairs{{"f", "g"}}));
  EXPECT_EQ(counts.text(), "1 messages used; skipped: 1 fuzzy, 3 untranslated, 1 obsolete");
  catalogue_pairs(catalogue, counts);
  EXPECT_EQ(counts.untranslated, 6) << "counts add up over files";
  EXPECT_EQ(CatalogueCounts{}.text(), "0 messages used");
}

TEST(CataloguePairs, FilesAreToldApartByHowTheyBegin) {
  const testing::Files files;
  const testing::MoBytes mo{{{"a", "b"}}};
  EXPECT_EQ(read_catalogue(files.write("really-mo.po", mo.bytes())).messages,
            read_catalogue(files.write("really-po.mo", "msgid \"a\"\nmsgstr \"b\"\n")).messages);
}

}  // namespace
}  // namespace heed::text
