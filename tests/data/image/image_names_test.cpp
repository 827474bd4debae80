// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/image_names.h"

#include <algorithm>

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
    told.push_back(name.split + " " + (name.class_name.empty() ? "-" : name.class_name) + " " + name.rest);
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

TEST(ImageNames, PicturesBesideFoldersOfClassesAreAnError) {
  EXPECT_EQ(data_error([] {
              read({"a.png", "cat/1.png"});
            }),
            "data: some images are in class folders (cat/1.png) and others beside them (a.png); move the "
            "latter away or into a class folder");
  EXPECT_THAT(data_error([] {
                read({"cat/1.png", "dog/2.png", "a\x1B.png"});
              }),
              HasSubstr("beside them (a?.png)"));
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
