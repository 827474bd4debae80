// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/parallel_files.h"

#include "tests/core/expect_error.h"
#include "tests/data/text/mo_bytes.h"
#include "tests/data/text/text_files.h"

namespace heed::text {
namespace {
namespace fs = std::filesystem;

constexpr const char* kPo = "msgid \"a\"\nmsgstr \"b\"\n";
const LanguagePair kEnglishGerman{"en", "de"};

/// Returns "train: a.en a.de", with paths relative to the folder.
class ParallelFolder : public ::testing::Test {
 protected:
  void write(std::initializer_list<const char*> names) {
    for (const char* name : names) files_.write(name, kPo);
  }

  std::vector<std::string> found(const std::vector<fs::path>& data,
                                 const LanguagePair& languages = kEnglishGerman) {
    std::vector<std::string> all;
    for (const auto& files : find_parallel_files(data, languages)) {
      std::string line = files.split + ": " + files.source.lexically_relative(files_.path()).string();
      if (files.format == ParallelFormat::kAligned)
        line += " " + files.target.lexically_relative(files_.path()).string();
      all.push_back(line);
    }
    return all;
  }
  std::vector<std::string> in_folder(const LanguagePair& languages = kEnglishGerman) {
    return found({files_.path()}, languages);
  }
  std::vector<std::string> named(std::initializer_list<const char*> names,
                                 const LanguagePair& languages = kEnglishGerman) {
    std::vector<fs::path> data;
    for (const char* name : names) data.push_back(files_.path() / name);
    return found(data, languages);
  }
  template <class Action>
  std::string fault(Action action) {
    return error_of(ErrorKind::kData, action);
  }

  testing::Files files_;
};
using Found = std::vector<std::string>;

TEST_F(ParallelFolder, FindsPairsOfTheTwoLanguagesAndTheirSplits) {
  write({"train.en", "train.de", "train.fr", "val.en.gz", "val.de.gz", "test_2016_flickr.en",
         "test_2016_flickr.de", "README.md"});
  EXPECT_EQ(in_folder(), (Found{"test: test_2016_flickr.en test_2016_flickr.de", "train: train.en train.de",
                                "valid: val.en.gz val.de.gz"}));
  EXPECT_EQ(in_folder({"de", "en"}).at(1), "train: train.de train.en");
  EXPECT_EQ(in_folder({"eng", "fra"}), (Found{"train: train.en train.fr"}));
}

TEST_F(ParallelFolder, KnowsManyWaysToNameASplit) {
  write({"europarl-v7.de-en.en", "europarl-v7.de-en.de", "newstest2014.en", "newstest2014.de",
         "IWSLT14.TED.dev2010.de-en.en", "IWSLT14.TED.dev2010.de-en.de", "validation/a.en", "validation/a.de",
         "a.testing.en", "a.testing.de"});
  EXPECT_EQ(in_folder(),
            (Found{"valid: IWSLT14.TED.dev2010.de-en.en IWSLT14.TED.dev2010.de-en.de",
                   "test: a.testing.en a.testing.de", "train: europarl-v7.de-en.en europarl-v7.de-en.de",
                   "test: newstest2014.en newstest2014.de", "valid: validation/a.en validation/a.de"}));
}

TEST_F(ParallelFolder, OfPackedAndPlainThePlainIsReadOnce) {
  write({"train.en", "train.en.gz", "train.de.gz", "x.po", "x.mo"});
  EXPECT_EQ(in_folder(), (Found{"train: train.en train.de.gz"}));
}

TEST_F(ParallelFolder, HiddenNamesAreLeftOutAndFilesWithoutPartnerToo) {
  write({".train.en", ".train.de", ".git/train.en", ".git/train.de", "a.en", "b.en", "b.de"});
  EXPECT_EQ(in_folder(), (Found{"train: b.en b.de"}));
}

TEST_F(ParallelFolder, TakesTsvFilesThatNameNoOtherLanguages) {
  write({"deu-eng.train.tsv.gz", "deu-eng.valid.tsv.gz", "fra-eng.train.tsv.gz", "deu-eng._about.txt",
         "more.tab"});
  EXPECT_EQ(in_folder(),
            (Found{"train: deu-eng.train.tsv.gz", "valid: deu-eng.valid.tsv.gz", "train: more.tab"}));
  EXPECT_EQ(in_folder({"en", "fr"}), (Found{"train: fra-eng.train.tsv.gz", "train: more.tab"}));
  EXPECT_EQ(in_folder({}).size(), 4U) << "without languages all are taken";
}

TEST_F(ParallelFolder, FindsCataloguesOfTheTargetLanguageByTheirPath) {
  write({"de.po", "fr.po", "app-de_AT.po", "app-pt_BR.po", "app.pot", "locale/de/LC_MESSAGES/app.mo",
         "locale/fr/LC_MESSAGES/app.mo", "de/unit-test.po", "app.de.po.gz"});
  EXPECT_EQ(in_folder(), (Found{"train: app-de_AT.po", "train: app.de.po.gz", "train: de.po",
                                "train: de/unit-test.po", "train: locale/de/LC_MESSAGES/app.mo"}));
  EXPECT_EQ(in_folder({"en", "pt"}), (Found{"train: app-pt_BR.po"}));
  EXPECT_EQ(in_folder({}).size(), 8U) << "without languages all but templates are taken";
}

TEST_F(ParallelFolder, FindsCataloguesOfTheTargetLanguageByTheirHeader) {
  files_.write("one.po", std::string("msgid \"\"\nmsgstr \"Language: de\\n\"\n") + kPo);
  files_.write("two.po", std::string("msgid \"\"\nmsgstr \"Language: fr\\n\"\n") + kPo);
  files_.write("three.mo", testing::MoBytes{{{"", "Language: de_DE\n"}, {"a", "b"}}}.bytes());
  files_.write("four.po", kPo);
  EXPECT_EQ(in_folder(), (Found{"train: four.po", "train: one.po", "train: three.mo"}));
}

TEST_F(ParallelFolder, OfTextAndCompiledCatalogueTheTextIsRead) {
  write({"de/app.mo", "de/app.po", "train/de.gmo", "train/de.po"});
  EXPECT_EQ(in_folder(), (Found{"train: de/app.po", "train: train/de.po"}));
}

TEST_F(ParallelFolder, NamedFilesPairUpByLanguageOrAsTheyFollow) {
  write({"train.en", "train.de", "val.en", "val.de", "a.txt", "b.txt"});
  EXPECT_EQ(named({"train.en", "train.de"}, {}), (Found{"train: train.en train.de"}));
  EXPECT_EQ(named({"train.de", "train.en"}), (Found{"train: train.en train.de"}));
  EXPECT_EQ(named({"train.de", "train.en"}, {}), (Found{"train: train.de train.en"}));
  EXPECT_EQ(named({"train.en", "val.en", "train.de", "val.de"}),
            (Found{"train: train.en train.de", "valid: val.en val.de"}));
  EXPECT_EQ(named({"b.txt", "a.txt"}), (Found{"train: b.txt a.txt"}));
  EXPECT_EQ(named({"val.en", "a.txt"}), (Found{"valid: val.en a.txt"}));
}

TEST_F(ParallelFolder, NamedFilesMayBeOfAnyKind) {
  write({"fra-eng.tsv", "fr.po", "x.MO", "deu.txt", "train.en", "train.de"});
  EXPECT_EQ(named({"fra-eng.tsv", "fr.po", "x.MO", "train.en", "train.de"}),
            (Found{"train: fra-eng.tsv", "train: fr.po", "train: x.MO", "train: train.en train.de"}));
  EXPECT_EQ(named({"deu.txt"}), (Found{"train: deu.txt"})) << "read as two columns";
}

TEST_F(ParallelFolder, SaysWhatIsMissing) {
  write({"train.en", "train.fr", "val.en"});
  EXPECT_EQ(fault([&] { named({"none"}); }),
            (files_.path() / "none").string() + ": there is no such file or folder");
  EXPECT_EQ(fault([&] {
              named({"train.en", "train.fr", "val.en"});
            }),
            (files_.path() / "val.en").string() + ": has no partner; give files in pairs, source and target");
  EXPECT_EQ(fault([&] { in_folder(); }), files_.path().string() +
                                             ": has no parallel text: neither pairs such as train.en and "
                                             "train.de nor .tsv, .po or .mo files");
  EXPECT_THAT(fault([&] { in_folder({}); }), ::testing::HasSubstr("which need both languages"));
}

}  // namespace
}  // namespace heed::text
