// SPDX-License-Identifier: Apache-2.0
#include "heed/data/folder_listing.h"

#include <filesystem>

#include "tests/data/text/text_files.h"
#include <gmock/gmock.h>
#include <unistd.h>

#include "heed/core/error.h"

namespace heed {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FolderListingTest : public ::testing::Test {
 protected:
  void write(const std::string& name) const { files_.write("top/" + name, "x"); }
  void link(const std::string& to, const std::string& name) const {
    fs::create_directory_symlink(to, top() / name);
  }
  fs::path top() const { return files_.path() / "top"; }
  std::vector<std::string> listed() const { return list_folder(top()).files; }

  text::testing::Files files_;
};

TEST_F(FolderListingTest, NamesAllFilesBelowInTheOrderOfTheirBytes) {
  for (const std::string name : {"b/2", "a/1", "a-1", "c", "B/3"}) write(name);
  EXPECT_THAT(listed(), ElementsAre("B/3", "a-1", "a/1", "b/2", "c"));
}

TEST_F(FolderListingTest, LeavesOutWhatSystemsWrite) {
  for (const std::string name : {"a", ".git/a", "__MACOSX/a", "PaxHeader/a", "PaxHeaders.12/a", "b/@eaDir/a",
                                 "b/Thumbs.db", "b/desktop.ini", "b/.DS_Store", "PaxHeaders.png"})
    write(name);
  const FolderListing listing = list_folder(top());
  EXPECT_THAT(listing.files, ElementsAre("PaxHeaders.png", "a"));
  EXPECT_EQ(listing.system_entries, 8);
}

TEST_F(FolderListingTest, FollowsLinksToFilesAndFolders) {
  files_.write("elsewhere/deep/1", "x");
  write("a/2");
  link("../elsewhere", "linked");
  fs::create_symlink("a/2", top() / "file");
  EXPECT_THAT(listed(), ElementsAre("a/2", "file", "linked/deep/1"));
  link("top", "../whole");
  EXPECT_THAT(list_folder(files_.path() / "whole").files, ElementsAre("a/2", "file", "linked/deep/1"));
}

TEST_F(FolderListingTest, ListsEachFolderOnceUnderItsOwnPath) {
  write("store/cat/1");
  link("store/cat", "a-link");
  link(".", "store/top");
  link("..", "store/cat/parent");
  const FolderListing listing = list_folder(top());
  EXPECT_THAT(listing.files, ElementsAre("store/cat/1"));
  EXPECT_THAT(listing.repeated_links, ElementsAre("a-link", "store/cat/parent", "store/top"));
}

TEST_F(FolderListingTest, OfTwoLinksToOneFolderTheFirstByNameStands) {
  files_.write("elsewhere/1", "x");
  write("0");
  link("../elsewhere", "second");
  link("../elsewhere", "first");
  const FolderListing listing = list_folder(top());
  EXPECT_THAT(listing.files, ElementsAre("0", "first/1"));
  EXPECT_THAT(listing.repeated_links, ElementsAre("second"));
}

TEST_F(FolderListingTest, ManyWaysThroughLinksCostNoMoreThanTheFolders) {
  for (int i = 0; i < 24; ++i) {
    const std::string level = "level" + std::to_string(i), next = "level" + std::to_string(i + 1);
    files_.write(level + "/file", "x");
    for (const std::string name : {"left", "right"})
      fs::create_directory_symlink("../" + next, files_.path() / level / name);
  }
  EXPECT_EQ(list_folder(files_.path() / "level0").files.size(), 24U);
}

TEST_F(FolderListingTest, NamesLinksThatCannotBeFollowed) {
  write("1");
  link("nowhere", "broken");
  link("round", "round");
  const FolderListing listing = list_folder(top());
  ASSERT_EQ(listing.unreadable.size(), 2U);
  EXPECT_EQ(listing.unreadable[0].name, "broken");
  EXPECT_EQ(listing.unreadable[0].reason, "the link leads nowhere");
  EXPECT_EQ(listing.unreadable[1].name, "round");
  ::testing::internal::CaptureStderr();
  report_unlisted(top(), listing);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("cannot read " + (top() / "broken").string() + ": the link leads nowhere"));
}

TEST_F(FolderListingTest, AFolderWithoutPermissionIsNamedAndTheRestIsRead) {
  write("closed/1");
  write("open/2");
  fs::permissions(files_.path(), fs::perms::all);
  fs::permissions(top() / "closed", fs::perms::none);
  const bool root = ::geteuid() == 0;  // whom permissions do not stop
  ASSERT_EQ(root ? ::seteuid(65534) : 0, 0);
  const FolderListing listing = list_folder(top());
  ASSERT_EQ(root ? ::seteuid(0) : 0, 0);
  fs::permissions(top() / "closed", fs::perms::owner_all);
  EXPECT_THAT(listing.files, ElementsAre("open/2"));
  ASSERT_EQ(listing.unreadable.size(), 1U);
  EXPECT_EQ(listing.unreadable[0].name, "closed");
  EXPECT_THAT(listing.unreadable[0].reason, HasSubstr("ermission"));
}

TEST_F(FolderListingTest, ASpecialFileIsNoFile) {
  write("1");
  ASSERT_EQ(::mkfifo((top() / "pipe").c_str(), 0600), 0);
  const FolderListing listing = list_folder(top());
  EXPECT_THAT(listing.files, ElementsAre("1"));
  EXPECT_THAT(listing.unreadable, IsEmpty());
}

TEST_F(FolderListingTest, AFolderThatIsNotThereIsAnError) {
  try {
    list_folder(top() / "none");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_THAT(error.what(), HasSubstr("none: cannot list the folder"));
  }
}

TEST(CountByEnding, CountsTheMostFrequentFirst) {
  EXPECT_EQ(count_by_ending({"a.txt", "b/c.HEIC", "d.heic", "e", "f.x/g"}),
            "2 without ending, 2 .heic, 1 .txt");
  EXPECT_EQ(count_by_ending({}), "");
  std::vector<std::string> many;
  for (int i = 10; i < 25; ++i) many.push_back("a." + std::to_string(i));
  EXPECT_THAT(count_by_ending(many), HasSubstr("1 .19, 5 others"));
}

}  // namespace
}  // namespace heed
