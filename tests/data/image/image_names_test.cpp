// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/image_names.h"

#include <algorithm>
#include <map>

#include "tests/data/image/image_files.h"
#include <gmock/gmock.h>

namespace heed::image {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace testing;

/// Returns "split class rest" of each.
std::vector<std::string> read(const std::vector<std::string>& paths, double share = 0) {
  std::vector<std::string> told;
  for (const auto& name : interpret_names(paths, share, "data"))
    told.push_back((name.split.empty() ? "stray" : name.split) + " " +
                   (name.class_name.empty() ? "-" : name.class_name) + " " + name.rest);
  return told;
}

TEST(ImageNames, FoldersAreClasses) {
  EXPECT_THAT(read({"cat/1.png", "dog/a/2.png"}),
              ElementsAre("train cat cat/1.png", "train dog dog/a/2.png"));
}

TEST(ImageNames, AFlatFolderHasNoClasses) {
  EXPECT_THAT(read({"1.png", "2.png"}), ElementsAre("train - 1.png", "train - 2.png"));
}

TEST(ImageNames, WhatAllShareIsPassedOver) {
  EXPECT_THAT(read({"Set12/01.png", "Set12/02.png"}), ElementsAre("train - 01.png", "train - 02.png"));
  EXPECT_THAT(read({"a/b/cat/1.png", "a/b/dog/1.png"}),
              ElementsAre("train cat cat/1.png", "train dog dog/1.png"));
}

TEST(ImageNames, ALeadingFolderMayBeASplit) {
  EXPECT_THAT(read({"train/cat/1.png", "train/dog/1.png"}),
              ElementsAre("train cat cat/1.png", "train dog dog/1.png"));
  EXPECT_THAT(read({"x/Training/cat/1.png", "x/val/cat/2.png", "x/test/dog/3.png"}),
              ElementsAre("train cat cat/1.png", "valid cat cat/2.png", "test dog dog/3.png"));
  EXPECT_THAT(read({"train/1.png", "test/2.png"}), ElementsAre("train - 1.png", "test - 2.png"));
}

TEST(ImageNames, AClassMayBeCalledTrain) {
  EXPECT_THAT(read({"bus/1.png", "train/2.png"}),
              ElementsAre("train bus bus/1.png", "train train train/2.png"));
}

/// `count` paths FOLDER/0.png and so on.
std::vector<std::string> in_folder(const std::string& folder, int count) {
  std::vector<std::string> paths;
  for (int i = 0; i < count; ++i) paths.push_back(folder + "/" + std::to_string(i) + ".png");
  return paths;
}

std::vector<std::string> joined(std::vector<std::vector<std::string>> lists) {
  std::vector<std::string> all;
  for (auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

/// "train cat 3", for each split and class, and "stray - 1".
std::vector<std::string> counts(const std::vector<std::string>& paths) {
  std::map<std::string, int> found;
  for (const auto& name : interpret_names(paths, 0, "data"))
    ++found[name.split.empty() ? "stray -"
                               : name.split + " " + (name.class_name.empty() ? "-" : name.class_name)];
  std::vector<std::string> told;
  for (const auto& [what, count] : found) told.push_back(what + " " + std::to_string(count));
  return told;
}

TEST(ImageNames, ManyPicturesBesideClassFoldersAreAnError) {
  EXPECT_EQ(data_error([] {
              read({"a.png", "cat/1.png"});
            }),
            "data: some images are in class folders (1, such as cat/1.png) and others beside them (1, such "
            "as a.png); "
            "move the latter away or into a class folder");
  EXPECT_THAT(data_error([] {
                read(joined({in_folder("cat", 9), {"a\x1B.png", "b.png"}}));
              }),
              HasSubstr("others beside them (2, such as a?.png)"));
}

TEST(ImageNames, AFewStraysBesideClassFoldersArePassedOver) {
  EXPECT_THAT(counts(joined({in_folder("cat", 4), in_folder("dog", 4), {"preview.png"}})),
              ElementsAre("stray - 1", "train cat 4", "train dog 4"));
  EXPECT_THAT(counts(joined({in_folder("cat", 50), in_folder("dog", 50), {"1.png", "2.png", "3.png"}})),
              ElementsAre("stray - 3", "train cat 50", "train dog 50"));
  EXPECT_THAT(
      counts(joined({{"1.png", "2.png", "3.png", "4.png", "5.png", "6.png", "7.png"}, {"thumbs/1.png"}})),
      ElementsAre("stray - 1", "train - 7"));
}

TEST(ImageNames, AFewStraysBesideSplitsArePassedOver) {
  EXPECT_THAT(counts(joined({in_folder("train/cat", 3),
                             in_folder("train/dog", 3),
                             in_folder("val/cat", 1),
                             in_folder("val/dog", 1),
                             {"docs/figure.png"}})),
              ElementsAre("stray - 1", "train cat 3", "train dog 3", "valid cat 1", "valid dog 1"));
  EXPECT_THAT(data_error([] {
                read(joined({in_folder("train", 30), in_folder("test", 30), in_folder("extra", 20)}));
              }),
              HasSubstr("20 images are in other folders (extra) beside the splits test and train"));
}

TEST(ImageNames, AFolderOfClassesBesideAFewStraysIsEntered) {
  EXPECT_THAT(counts(joined({in_folder("data/cat", 6), in_folder("data/dog", 6), {"README/preview.png"}})),
              ElementsAre("stray - 1", "train cat 6", "train dog 6"));
  EXPECT_THAT(counts(joined({in_folder("x/Train/a", 6), in_folder("x/TEST/b", 6), {"docs/p.png"}})),
              ElementsAre("stray - 1", "test b 6", "train a 6"));
  // With more of them they are a class, however deep the other is.
  EXPECT_THAT(counts(joined({in_folder("cat/persian", 6), in_folder("cat/siamese", 6), in_folder("dog", 2)})),
              ElementsAre("train cat 12", "train dog 2"));
}

TEST(ImageNames, SplitsMayStandInEveryClass) {
  EXPECT_THAT(read({"cat/train/1.png", "cat/val/2.png", "dog/train/1.png", "dog/test/a/3.png"}),
              ElementsAre("train cat cat/1.png", "valid cat cat/2.png", "train dog dog/1.png",
                          "test dog dog/a/3.png"));
  EXPECT_THAT(counts({"cat/train/1.png", "cat/val/2.png", "dog/1.png"}),
              ElementsAre("train cat 2", "train dog 1"));
  EXPECT_THAT(counts({"train/cat/train/1.png", "test/dog/test/1.png"}),
              ElementsAre("test dog 1", "train cat 1"));
}

TEST(ImageNames, EachClassKeepsAnImageForTraining) {
  std::vector<std::string> paths;
  for (int c = 0; c < 40; ++c)
    for (int i = 0; i < 2; ++i) paths.push_back(std::to_string(c) + "/" + std::to_string(i) + ".png");
  std::map<std::string, int> train;
  int valid = 0;
  for (const auto& name : interpret_names(paths, 0.7, "data")) {
    valid += name.split == "valid" ? 1 : 0;
    if (name.split == "train") ++train[name.class_name];
  }
  EXPECT_EQ(train.size(), 40U);
  EXPECT_GT(valid, 20);
}

TEST(ImageNames, AClassMustBeUtf8) {
  EXPECT_THAT(data_error([] { read({"\xFF/1.png", "dog/2.png"}); }), HasSubstr("not valid UTF-8"));
}

TEST(ImageNames, ValidIsChosenByEachNameAlone) {
  std::vector<std::string> names;
  names.reserve(2000);
  for (int i = 0; i < 2000; ++i) names.push_back("cat/" + std::to_string(i) + ".png");
  const auto chosen = choose_valid(names, 0.1);
  EXPECT_NEAR(static_cast<double>(std::count(chosen.begin(), chosen.end(), true)), 200, 45);
  const std::vector<std::string> half(names.begin(), names.begin() + 1000);
  EXPECT_EQ(choose_valid(half, 0.1), std::vector<bool>(chosen.begin(), chosen.begin() + 1000));
  // Names that are in valid for a small share stay there for a larger one.
  const auto more = choose_valid(names, 0.3);
  for (size_t i = 0; i < names.size(); ++i) EXPECT_LE(chosen[i], more[i]);
}

TEST(ImageNames, ValidGetsOneOfTwoAndNeverAll) {
  for (const double share : {0.001, 0.5, 0.999}) {
    for (int count = 2; count < 20; ++count) {
      std::vector<std::string> names;
      names.reserve(static_cast<size_t>(count));
      for (int i = 0; i < count; ++i) names.push_back(std::to_string(i));
      const auto chosen = choose_valid(names, share);
      const auto taken = std::count(chosen.begin(), chosen.end(), true);
      EXPECT_GE(taken, 1);
      EXPECT_LT(taken, count);
    }
  }
  EXPECT_THAT(choose_valid({"a"}, 0.5), ElementsAre(false));
  EXPECT_THAT(choose_valid({"a", "b"}, 0), ElementsAre(false, false));
}

TEST(ImageNames, ValidIsSplitOffOnlyWhereThereIsNone) {
  const auto splits = [](const std::vector<std::string>& paths) {
    std::vector<std::string> found;
    for (const auto& name : interpret_names(paths, 0.5, "data")) found.push_back(name.split);
    return found;
  };
  EXPECT_THAT(splits({"train/1.png", "train/2.png", "valid/3.png"}), ElementsAre("train", "train", "valid"));
  const auto found = splits({"train/1.png", "train/2.png", "test/3.png"});
  EXPECT_EQ(std::count(found.begin(), found.end(), "valid"), 1);
  EXPECT_EQ(found[2], "test");
}

TEST(ImageNames, ClassesAreSorted) {
  EXPECT_THAT(class_names(interpret_names({"b/1.png", "a/1.png", "B/1.png", "b/2.png"}, 0, "data")),
              ElementsAre("B", "a", "b"));
  EXPECT_THAT(interpret_names({}, 0.1, "data"), IsEmpty());
}

}  // namespace
}  // namespace heed::image
