// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/midi_folder.h"

#include <map>

#include "tests/core/expect_error.h"
#include "tests/core/kept_log.h"
#include "tests/data/music/midi_bytes.h"
#include "tests/data/music/test_data.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "heed/core/error.h"
#include "heed/core/files.h"

namespace heed::music {
namespace {

namespace fs = std::filesystem;
using testing::Bytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Track;

class MidiFolder : public ::testing::Test {
 protected:
  void write(const std::string& name, const Bytes& bytes) {
    make_folder((path() / name).parent_path());
    write_atomically(path() / name, std::as_bytes(std::span(bytes)));
  }
  void write(const std::string& name) { write(name, song()); }
  void link(const std::string& name, const fs::path& to) {
    make_folder((path() / name).parent_path());
    fs::create_symlink(to, path() / name);
  }
  static Bytes song(int notes = 2) { return testing::midi_file(0, 100, {testing::scale(notes)}); }
  static Bytes drums() { return testing::midi_file(0, 100, {testing::scale(2, 36, 9)}); }
  static Bytes flawed() { return testing::midi_file(0, 100, {Track().at(0, {0x90, 0x80, 64}).end(9)}); }
  fs::path path() const { return folder_.path() / "music"; }
  std::vector<std::string> listed() const {
    std::vector<std::string> names;
    for (const auto& file : list_music(path()).files)
      names.push_back(file.lexically_relative(path()).generic_string());
    return names;
  }

  testing::TemporaryFolder folder_;
  LinesOfLog log_;
};

TEST_F(MidiFolder, ListsMusicOfEveryEndingAndCountsTheRest) {
  for (const char* name : {"b.MID", "a/z.midi", "a/y.smf", "song.KAR", "c/d/e.rmi"}) write(name);
  for (const char* name : {"x.mp3", "a/y.MP3", "a/b.pdf", "LICENSE", "odd.not an ending", "._b.mid",
                           ".hidden/c.mid", "__MACOSX/._c.mid", "@eaDir/d.mid", ".DS_Store"})
    write(name);
  const MusicListing listing = list_music(path());
  EXPECT_THAT(listed(), ElementsAre("a/y.smf", "a/z.midi", "b.MID", "c/d/e.rmi", "song.KAR"));
  EXPECT_EQ(listing.passed_over(), "2 .mp3, 1 without ending, 1 .not an ending, 1 .pdf, 5 hidden");
  EXPECT_THAT(listing.folder.unreadable, IsEmpty());
  EXPECT_THAT(list_music(path() / "b.MID").files, ElementsAre(path() / "b.MID"));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { list_music(path() / "absent"); }),
              HasSubstr("absent: there is no such file or folder"));
}

TEST_F(MidiFolder, FollowsLinksAndEndsInLoops) {
  write("z/a.mid");
  write("z/deep/b.mid");
  fs::create_directories(folder_.path() / "elsewhere");
  fs::copy_file(path() / "z/a.mid", folder_.path() / "elsewhere/c.mid");
  link("linked", folder_.path() / "elsewhere");
  link("z/deep/loop", path());
  link("z/self", "self");
  link("a-second-way", path() / "z");
  link("file.mid", path() / "z/a.mid");
  EXPECT_THAT(listed(), ElementsAre("file.mid", "linked/c.mid", "z/a.mid", "z/deep/b.mid"));
  fs::create_directory_symlink(path(), folder_.path() / "root");
  EXPECT_EQ(list_music(folder_.path() / "root").files.size(), 4U);
}

TEST_F(MidiFolder, LinksOfALinkedFolderAreFollowedAndMutualLoopsEnd) {
  write("a/x.mid");
  fs::create_directories(folder_.path() / "one");
  fs::create_directories(folder_.path() / "two");
  fs::copy_file(path() / "a/x.mid", folder_.path() / "two/y.mid");
  fs::create_symlink(folder_.path() / "two", folder_.path() / "one/two");
  fs::create_symlink(folder_.path() / "one", folder_.path() / "two/one");
  link("one", folder_.path() / "one");
  EXPECT_THAT(listed(), ElementsAre("a/x.mid", "one/two/y.mid"));
}

/// Runs as a user without rights while it lives, if the test runs as root.
class WithoutRights {
 public:
  WithoutRights() {
    if (::geteuid() == 0) changed_ = ::seteuid(65534) == 0;
  }
  ~WithoutRights() {
    if (changed_ && ::seteuid(0) != 0) std::abort();
  }

 private:
  bool changed_ = false;
};

TEST_F(MidiFolder, NamesFoldersAndLinksThatCannotBeRead) {
  write("open/a.mid");
  write("closed/b.mid");
  link("nowhere.mid", path() / "missing");
  fs::permissions(folder_.path(), fs::perms::all);
  fs::permissions(path(), fs::perms::all);
  fs::permissions(path() / "closed", fs::perms::none);
  MusicListing listing;
  {
    const WithoutRights guest;
    listing = list_music(path());
  }
  fs::permissions(path() / "closed", fs::perms::owner_all);
  EXPECT_THAT(listing.files, ElementsAre(path() / "open/a.mid"));
  std::map<std::string, std::string> unreadable;
  for (const auto& path : listing.folder.unreadable) unreadable[path.name] = path.reason;
  EXPECT_EQ(unreadable, (std::map<std::string, std::string>{{"closed", "Permission denied"},
                                                            {"nowhere.mid", "the link leads nowhere"}}));
}

TEST_F(MidiFolder, NamesOfAnyBytesAreRead) {
  for (const char* name : {"\xff\xfe.mid", "line\nend.mid", "夜想曲 第2番.mid", "'; rm -rf x.mid"})
    write(name);
  ReadReport report;
  read_midi_files(list_music(path()).files, {}, report, [](const ReadMidi&) {});
  EXPECT_EQ(report.read, 4);
}

ReadReport read_all(const fs::path& folder, std::vector<std::string>* used = nullptr,
                    const MidiFilesOptions& options = {}) {
  ReadReport report;
  read_midi_files(list_music(folder).files, options, report, [&](const ReadMidi& midi) {
    if (used != nullptr) used->push_back(midi.path.filename().string());
  });
  return report;
}

TEST_F(MidiFolder, BadFilesAreSkippedNamedAndCounted) {
  write("a/bad.mid", Bytes(40));
  for (const char* name : {"b.mid", "a/z.mid"}) write(name);
  std::vector<std::string> used;
  const ReadReport report = read_all(path(), &used);
  EXPECT_THAT(used, ElementsAre("z.mid", "b.mid"));
  EXPECT_EQ(report.read, 2);
  EXPECT_EQ(report.skipped, 1);
  EXPECT_THAT(log_.warnings, ElementsAre(HasSubstr("a/bad.mid, byte 0: is not a Standard MIDI File")));
  EXPECT_THAT(report.first_error, HasSubstr("a/bad.mid, byte 0"));
}

TEST_F(MidiFolder, FilesWithoutNotesAreNamedWithWhatTheyHave) {
  write("a.mid");
  write("drums.mid", drums());
  write("empty.mid", testing::midi_file(0, 100, {Track().tempo(0, 500'000).end()}));
  const ReadReport report = read_all(path());
  EXPECT_EQ(report.read, 1);
  EXPECT_THAT(report.without_notes,
              ElementsAre(HasSubstr("drums.mid (no note but percussion)"), HasSubstr("empty.mid (no note)")));
}

TEST_F(MidiFolder, FiveFlawedFilesAreNamedAndAllAreCountedByKind) {
  for (int i = 0; i < 7; ++i) write("flawed" + std::to_string(i) + ".mid", flawed());
  Bytes cut = song();
  cut.resize(cut.size() - 2);
  write("z-cut.mid", cut);
  write("sound.mid");
  const ReadReport report = read_all(path());
  EXPECT_EQ(report.read, 9);
  EXPECT_EQ(report.flawed, 8);
  EXPECT_EQ(log_.warnings.size(), 5U);
  EXPECT_THAT(log_.warnings[0], HasSubstr("flawed0.mid, byte 24: byte 128 where a data byte"));
  EXPECT_EQ(report.flaws_text(),
            "8 files have flaws: data bytes above 127 in 7, events cut short in 1, "
            "tracks of another length than they say in 1");
}

TEST_F(MidiFolder, StrictStopsAtTheFirstFlawAndTheFirstBadFile) {
  write("a/bad.mid", Bytes(40));
  EXPECT_THROW(read_all(path(), nullptr, {.strict = true}), Error);
  fs::remove(path() / "a/bad.mid");
  write("a/flawed.mid", flawed());
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read_all(path(), nullptr, {.strict = true}); }),
              HasSubstr("a/flawed.mid, byte 24: byte 128"));
}

TEST_F(MidiFolder, ErrorsOfTheCallerAreNotTakenForBadFiles) {
  write("a.mid");
  ReadReport report;
  const auto fails = [](const ReadMidi&) { throw Error(ErrorKind::kData, "mine"); };
  const auto files = list_music(path()).files;
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read_midi_files(files, {}, report, fails); }),
              HasSubstr("mine"));
  EXPECT_EQ(report.skipped, 0);
}

TEST(FirstNames, NameFiveAndCountTheOthers) {
  EXPECT_EQ(first_names({"a", "b"}), "a, b");
  EXPECT_EQ(first_names({"a", "b", "c", "d", "e"}), "a, b, c, d, e");
  EXPECT_EQ(first_names({"a", "b", "c", "d", "e", "f", "g"}), "a, b, c, d, e and 2 more");
}

}  // namespace
}  // namespace heed::music
