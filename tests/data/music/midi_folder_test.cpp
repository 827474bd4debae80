// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/midi_folder.h"

#include <stdexcept>

#include "tests/core/expect_error.h"
#include "tests/data/music/test_data.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/music/midi_writer.h"

namespace heed::music {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class MidiFolder : public ::testing::Test {
 protected:
  MidiFolder() {
    Score score;
    score.notes = {{.start = 0, .end = 1, .pitch = 60}};
    for (const char* name : {"b.MID", "a/z.midi", "a/y.smf"}) write(name, write_midi(score));
    for (const char* name : {"notes.txt", "._b.mid", ".hidden/c.mid"}) write(name, write_midi(score));
  }
  void write(const std::string& name, const std::vector<std::byte>& bytes) {
    make_folder((folder_.path() / name).parent_path());
    write_atomically(folder_.path() / name, bytes);
  }
  const fs::path& path() const { return folder_.path(); }

  testing::TemporaryFolder folder_;
};

TEST_F(MidiFolder, ListsMusicSortedAndPassesOverTheRest) {
  EXPECT_THAT(music_files(path()), ElementsAre(path() / "a/y.smf", path() / "a/z.midi", path() / "b.MID"));
  EXPECT_THAT(music_files(path() / "b.MID"), ElementsAre(path() / "b.MID"));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { music_files(path() / "absent"); }),
              HasSubstr("absent: there is no such file or folder"));
}

TEST_F(MidiFolder, BadFilesAreSkippedAndCounted) {
  write("a/bad.mid", std::vector<std::byte>(40));
  ReadReport report;
  std::vector<fs::path> used;
  read_midi_folder(path(), {}, report, [&](const fs::path& file, const Score& score) {
    EXPECT_EQ(score.notes.size(), 1U);
    used.push_back(file.filename());
  });
  EXPECT_THAT(used, ElementsAre("y.smf", "z.midi", "b.MID"));
  EXPECT_EQ(report.read, 3);
  EXPECT_EQ(report.skipped, 1);
  EXPECT_THAT(report.messages, ElementsAre(HasSubstr("a/bad.mid, byte 0: is not a Standard MIDI File")));
}

TEST_F(MidiFolder, StrictStopsAtTheFirstBadFile) {
  write("a/bad.mid", std::vector<std::byte>(40));
  ReadReport report;
  EXPECT_THROW(read_midi_folder(path(), {.strict = true}, report, [](const fs::path&, const Score&) {}),
               Error);
  EXPECT_EQ(report.read, 0);
}

TEST_F(MidiFolder, ErrorsOfTheCallerAreNotTakenForBadFiles) {
  ReadReport report;
  const auto fails = [](const fs::path&, const Score&) { throw Error(ErrorKind::kData, "mine"); };
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read_midi_folder(path(), {}, report, fails); }),
              HasSubstr("mine"));
  EXPECT_EQ(report.skipped, 0);
}

}  // namespace
}  // namespace heed::music
