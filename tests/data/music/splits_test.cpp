// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/splits.h"

#include <algorithm>

#include "tests/data/music/test_data.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"
#include "heed/core/files.h"

namespace heed::music {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::vector<fs::path> below(const fs::path& folder, const std::vector<std::string>& names) {
  std::vector<fs::path> files;
  for (const auto& name : names) files.push_back(folder / name);
  return files;
}

Splits assign_splits(const fs::path& folder, const std::vector<fs::path>& files,
                     const std::optional<fs::path>& split_file = std::nullopt) {
  std::vector<std::string> names;
  for (const auto& file : files) names.push_back(file.lexically_relative(folder).generic_string());
  return SplitRule(names, split_file).deal(names);
}

std::map<std::string, size_t> sizes(const Splits& splits) {
  std::map<std::string, size_t> result;
  for (const auto& [file, split] : splits) ++result[split];
  return result;
}

std::string error_of(const std::string& csv) {
  const testing::TemporaryFolder folder;
  write_atomically(folder.path() / "s.csv", csv);
  try {
    assign_splits("/music", below("/music", {"a.mid"}), folder.path() / "s.csv");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Splits, FollowAListInTheMannerOfMaestro) {
  const testing::TemporaryFolder folder;
  write_atomically(folder.path() / "maestro.csv",
                   "canonical_composer,canonical_title,split,year,midi_filename\r\n"
                   "Bach,\"Prelude, \"\"C\"\"\nand Fugue\",train,2004,2004/a.midi\r\n"
                   "Bach,Fugue,validation,2004,./2004/b.midi\r\n"
                   "Bach,Fugue,test,2006,\"2006/c, d.midi\"\r\n");
  const auto files = below("/music", {"2004/a.midi", "2004/b.midi", "2006/c, d.midi", "2006/unlisted.midi"});
  EXPECT_THAT(assign_splits("/music", files, folder.path() / "maestro.csv"),
              ElementsAre(Pair("2004/a.midi", "train"), Pair("2004/b.midi", "valid"),
                          Pair("2006/c, d.midi", "test")));
}

TEST(Splits, ListsMayHaveOtherSeparatorsAndSpellings) {
  const testing::TemporaryFolder folder;
  const auto files = below("/music", {"x/a.mid", "x/b, c.mid", "d.mid"});
  for (const char* table :
       {"split;file\ntrain;x/a.mid\nvalid;\"x/b, c.mid\"\ntest;d.mid\n",
        "split\tfile\r\ntrain\tx/a.mid\r\nvalid\tx/b, c.mid\r\ntest\td.mid\r\n",
        "File;Split\nx\\a.mid;Train\nx\\b, c.mid; dev \n./d.mid;TEST\n",
        "title, Split ,year,FileName\na,train,1,x/a.mid\nb,val,2,\"x/b, c.mid\"\nc,test,3,d.mid\n"}) {
    SCOPED_TRACE(table);
    write_atomically(folder.path() / "s.csv", std::string_view(table));
    EXPECT_THAT(assign_splits("/music", files, folder.path() / "s.csv"),
                ElementsAre(Pair("d.mid", "test"), Pair("x/a.mid", "train"), Pair("x/b, c.mid", "valid")));
  }
}

TEST(Splits, SayWhatIsWrongWithAList) {
  EXPECT_THAT(error_of("split,file\ntrain,a.mid\n"), "no error");
  EXPECT_THAT(error_of(""), HasSubstr("is empty"));
  EXPECT_THAT(error_of(std::string("\xFF\xFEs\0p\0", 6)), HasSubstr("s.csv: is in UTF-16; save it as UTF-8"));
  EXPECT_THAT(error_of("split;file\ntrain\n"), HasSubstr("line 2: has 1 columns, fewer than the header"));
  EXPECT_THAT(error_of("file\na.mid\n"), HasSubstr("line 1: has no column split"));
  EXPECT_THAT(error_of("split,name\ntrain,a.mid\n"), HasSubstr("has no column midi_performance, "));
  EXPECT_THAT(error_of("split,file\n\ntrain\n"), HasSubstr("line 3: has 1 columns"));
  EXPECT_THAT(error_of("split,file\nholdout,a.mid\n"), HasSubstr("line 2: unknown split 'holdout'"));
  EXPECT_THAT(error_of("split,file\ntrain,a.mid\ntest,a.mid\n"),
              HasSubstr("line 3: a.mid is in both test and train"));
  EXPECT_THAT(error_of("split,file\ntrain,b.mid\n"), HasSubstr("lists none of the"));
  EXPECT_THAT(error_of("split,file\ntrain,\"a.mid\n"), HasSubstr("line 2: the quote is not closed"));
}

TEST(Splits, FollowSubFolders) {
  const auto files =
      below("/music", {"Train/a.mid", "Train/x/b.mid", "validation/c.mid", "test/d.mid", "e.mid"});
  EXPECT_THAT(assign_splits("/music", files),
              ElementsAre(Pair("Train/a.mid", "train"), Pair("Train/x/b.mid", "train"),
                          Pair("test/d.mid", "test"), Pair("validation/c.mid", "valid")));
}

TEST(Splits, AFolderNamedTrainAloneIsNoSplit) {
  const auto splits = assign_splits("/music", below("/music", {"train/a.mid", "train/b.mid", "c.mid"}));
  EXPECT_EQ(splits.size(), 3U);
  EXPECT_EQ(sizes(splits)["valid"], 1U);
}

TEST(Splits, AutomaticSharesAreEightyTenTen) {
  using Sizes = std::map<std::string, size_t>;
  const auto shares = [](int count) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back("piece" + std::to_string(i) + ".mid");
    return sizes(assign_splits("/music", below("/music", names)));
  };
  EXPECT_EQ(shares(0), Sizes());
  EXPECT_EQ(shares(1), (Sizes{{"train", 1}}));
  EXPECT_EQ(shares(2), (Sizes{{"train", 1}, {"valid", 1}}));
  EXPECT_EQ(shares(4), (Sizes{{"train", 3}, {"valid", 1}}));
  EXPECT_EQ(shares(5), (Sizes{{"train", 3}, {"valid", 1}, {"test", 1}}));
  EXPECT_EQ(shares(100), (Sizes{{"train", 80}, {"valid", 10}, {"test", 10}}));
  EXPECT_EQ(shares(117), (Sizes{{"train", 93}, {"valid", 12}, {"test", 12}}));
}

TEST(Splits, AutomaticSplitDependsOnThePathsAloneAndNeverOnTheirOrder) {
  std::vector<std::string> names{"c.mid", "b/x.mid", "a.mid", "d.mid", "e.mid", "f.mid"};
  const auto splits = assign_splits("/music", below("/music", names));
  std::reverse(names.begin(), names.end());
  EXPECT_EQ(assign_splits("/elsewhere", below("/elsewhere", names)), splits);
  // A change of the hash would move users' files from valid to train.
  EXPECT_THAT(splits, ElementsAre(Pair("a.mid", "train"), Pair("b/x.mid", "valid"), Pair("c.mid", "train"),
                                  Pair("d.mid", "train"), Pair("e.mid", "test"), Pair("f.mid", "train")));
}

TEST(Splits, FollowTheListOfAsap) {
  const auto list = testing::shared_data() / "asap" / "asap-split.csv";
  if (!fs::exists(list)) GTEST_SKIP() << "no " << list << "; set HEED_TEST_DATA";
  const auto files = below("/asap", {"Bach/Fugue/bwv_846/Shi05M.mid"});
  EXPECT_THAT(assign_splits("/asap", files, list),
              ElementsAre(Pair("Bach/Fugue/bwv_846/Shi05M.mid", "train")));
}

}  // namespace
}  // namespace heed::music
