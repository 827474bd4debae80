// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/parallel_corpus.h"

#include "tests/core/expect_error.h"
#include "tests/data/text/text_files.h"

namespace heed::text {
namespace {

using Pairs = std::vector<SentencePair>;
using testing::Files;
using testing::gzip;

TEST(ParallelCorpus, ReadsAFolderOfAlignedFilesBySplit) {
  const Files files;
  files.write("train.en", "one\ntwo\n");
  files.write("train.de.gz", gzip("eins\nzwei\n"));
  files.write("val.en", "three");
  files.write("val.de", "drei");
  const ParallelCorpus corpus =
      read_parallel({files.path()}, {.languages = {"en", "de"}, .lines = {}, .columns = {}});
  EXPECT_EQ(corpus.split("train"), (Pairs{{"one", "eins"}, {"two", "zwei"}}));
  EXPECT_EQ(corpus.split("valid"), (Pairs{{"three", "drei"}}));
  EXPECT_EQ(error_of(ErrorKind::kData, [&] { corpus.split("test"); }),
            "the split 'test' has no sentence pairs; available: train, valid");
}

TEST(ParallelCorpus, ReadsWhateverIsNamed) {
  const Files files;
  const auto en = files.write("a.en", "one\n"), de = files.write("a.de", "eins\n");
  const auto tsv = files.write("b.tsv", "two\tzwei\tx\n");
  const auto po =
      files.write("c.po", "msgid \"three\"\nmsgstr \"drei\"\n#, fuzzy\nmsgid \"x\"\nmsgstr \"y\"\n");
  EXPECT_EQ(read_parallel({en, de}).split("train"), (Pairs{{"one", "eins"}}));
  EXPECT_EQ(read_parallel({tsv}).split("train"), (Pairs{{"two", "zwei"}}));
  EXPECT_EQ(read_parallel({po}).split("train"), (Pairs{{"three", "drei"}}));
  const ParallelCorpus all = read_parallel({tsv, po, en, de});
  EXPECT_EQ(all.split("train").size(), 3U);
  EXPECT_EQ(all.catalogues.text(), "1 messages used; skipped: 1 fuzzy");
}

TEST(ParallelCorpus, OptionsReachTheReaders) {
  const Files files;
  const auto tsv = files.write("b.tsv", "1\tone\teins\n");
  EXPECT_EQ(read_parallel({tsv}, {.languages = {}, .lines = {}, .columns = {.source = 2, .target = 1}})
                .split("train"),
            (Pairs{{"eins", "one"}}));
  EXPECT_THAT(
      error_of(
          ErrorKind::kData,
          [&] { read_parallel({tsv}, {.languages = {}, .lines = {.max_line_bytes = 5}, .columns = {}}); }),
      ::testing::HasSubstr("line 1: is longer than 5 bytes"));
}

TEST(ParallelCorpus, ABadCatalogueOfAFolderIsSkippedAndSaid) {
  const Files files;
  files.write("de/a.po", "msgid \"one\"\nmsgstr \"eins\"\n");
  const auto bad = files.write("de/b.po", "msgid \"two\nmsgstr \"zwei\"\n");
  files.write("c.mo", "no catalogue");  // its language could only come from its header
  const ParallelOptions options{.languages = {"en", "de"}, .lines = {}, .columns = {}};
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(read_parallel({files.path()}, options).split("train"), (Pairs{{"one", "eins"}}));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              ::testing::AllOf(::testing::HasSubstr("skipped 2 catalogues"), ::testing::HasSubstr("c.mo")));
  ParallelOptions strict = options;
  strict.strict = true;
  error_of(ErrorKind::kData, [&] { read_parallel({files.path()}, strict); });
  error_of(ErrorKind::kData, [&] { read_parallel({bad}, options); });  // given as a file, not in a folder
}

TEST(ParallelCorpus, ABadFileOfAnotherKindIsAnErrorInAFolderToo) {
  const Files files;
  files.write("a.tsv", "one\teins\n");
  files.write("b.tsv", "two\n");
  error_of(ErrorKind::kData, [&] { read_parallel({files.path()}); });
}

TEST(ParallelCorpus, WhereEveryCatalogueIsBadTheFirstIsNamed) {
  const Files files;
  files.write("de.po", "msgid\n");
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read_parallel({files.path()}); }),
              ::testing::AllOf(::testing::HasSubstr("1 catalogue that cannot be read"),
                               ::testing::HasSubstr("de.po, line")));
}

TEST(ParallelCorpus, AnEmptyCorpusIsAnError) {
  const Files files;
  const auto fault = [](const std::vector<std::filesystem::path>& data) {
    return error_of(ErrorKind::kData, [&] { read_parallel(data); });
  };
  const auto empty = files.write("empty.tsv", "\n\n");
  EXPECT_EQ(fault({empty}), empty.string() + ": no sentence pairs found");
  EXPECT_EQ(fault({files.write("a.en", ""), files.write("a.de", "")}),
            (files.path() / "a.en").string() + ": no sentence pairs found");
  const auto po = files.write("a.po", "#, fuzzy\nmsgid \"a\"\nmsgstr \"b\"\nmsgid \"c\"\nmsgstr \"\"\n");
  EXPECT_EQ(fault({po}), po.string() + ": no sentence pairs found (1 fuzzy, 1 untranslated)");
  EXPECT_EQ(fault({}), "no sentence pairs found");
  EXPECT_THAT(fault({files.path() / "none"}), ::testing::EndsWith("there is no such file or folder"));
}

TEST(ParallelCorpus, Multi30kIsReadWhole) {
  const auto folder = heed::testing::shared_data() / "multi30k";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "no " << folder << "; HEED_TEST_DATA names another place";
  for (const LanguagePair& languages : {LanguagePair{"en", "de"}, {"de", "en"}, {"en", "fr"}}) {
    const ParallelCorpus corpus =
        read_parallel({folder}, {.languages = languages, .lines = {}, .columns = {}});
    EXPECT_EQ(corpus.split("train").size(), 29000U);
    EXPECT_EQ(corpus.split("valid").size(), 1014U);
    EXPECT_EQ(corpus.split("test").size(), 1000U);
  }
}

TEST(ParallelCorpus, TatoebaIsReadWhole) {
  const auto folder = heed::testing::shared_data() / "tatoeba";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "no " << folder << "; HEED_TEST_DATA names another place";
  const ParallelCorpus german =
      read_parallel({folder}, {.languages = {"en", "de"}, .lines = {}, .columns = {}});
  EXPECT_EQ(german.split("train").size(), 164045U);
  EXPECT_EQ(german.split("valid").size(), 1517U);
  EXPECT_EQ(german.split("valid")[0], (SentencePair{"Hi.", "Grüß Gott!"}));
  const ParallelCorpus french =
      read_parallel({folder}, {.languages = {"en", "fr"}, .lines = {}, .columns = {}});
  EXPECT_EQ(french.split("train").size(), 162022U);
  EXPECT_EQ(french.split("valid").size(), 1579U);
}

}  // namespace
}  // namespace heed::text
