// SPDX-License-Identifier: Apache-2.0
// What a corpus takes from folders of MIDI files as they are found: copies, files without notes, bad files, lists.
#include "heed/data/music/midi_pieces.h"

#include <set>

#include "tests/core/expect_error.h"
#include "tests/core/kept_log.h"
#include "tests/data/music/midi_bytes.h"
#include "tests/data/music/test_data.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"
#include "heed/core/files.h"

namespace heed::music {
namespace {

namespace fs = std::filesystem;
using testing::Bytes;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Track;

class MidiPiecesOfFolders : public ::testing::Test {
 protected:
  void write(const std::string& name, const Bytes& bytes) {
    make_folder((path() / name).parent_path());
    write_atomically(path() / name, std::as_bytes(std::span(bytes)));
  }
  static Bytes song(int notes) { return testing::midi_file(0, 100, {testing::scale(notes)}); }
  static Bytes drums() { return testing::midi_file(0, 100, {testing::scale(2, 36, 9)}); }
  static Bytes empty() { return testing::midi_file(0, 100, {Track().end()}); }
  fs::path path() const { return folder_.path() / "music"; }

  Corpus read(const CorpusOptions& options = {}) { return read_corpus({path()}, options); }
  Corpus read_listed(const std::string& table) {
    write_atomically(folder_.path() / "splits.csv", table);
    CorpusOptions options;
    options.split_file = folder_.path() / "splits.csv";
    return read(options);
  }
  static std::set<std::string> names(const Corpus& corpus, const std::string& split) {
    std::set<std::string> found;
    if (corpus.splits.count(split) == 0) return found;
    for (const auto& piece : corpus.splits.at(split)) found.insert(piece.name);
    return found;
  }
  static size_t pieces(const Corpus& corpus) {
    size_t count = 0;
    for (const auto& [split, some] : corpus.splits) count += some.size();
    return count;
  }

  testing::TemporaryFolder folder_;
  LinesOfLog log_;
};

TEST_F(MidiPiecesOfFolders, SplitsAreDealtAmongTheFilesThatCanBeRead) {
  // Whatever the hashes of the names are, a single good file is for training, and two give one to each.
  for (int name = 0; name < 8; ++name) {
    fs::remove_all(path());
    for (int i = 0; i < 4; ++i) write("other" + std::to_string(i) + ".mid", i % 2 == 0 ? drums() : Bytes(40));
    write(std::to_string(name) + ".mid", song(3));
    const Corpus one = read();
    EXPECT_EQ(names(one, "train").size(), 1U);
    EXPECT_EQ(pieces(one), 1U);
    write("second.mid", song(4));
    const Corpus two = read();
    EXPECT_EQ(names(two, "train").size(), 1U);
    EXPECT_EQ(names(two, "valid").size(), 1U);
  }
}

TEST_F(MidiPiecesOfFolders, FilesWithoutNotesAreLeftOutNamedAndCounted) {
  write("a.mid", song(3));
  write("drums-only.mid", drums());
  write("no-notes.mid", empty());
  const Corpus corpus = read();
  EXPECT_EQ(corpus.counts.without_notes, 2);
  EXPECT_EQ(corpus.counts.skipped, 0);
  EXPECT_THAT(log_.warnings, Contains(HasSubstr("left out 2 files without notes: ")));
  EXPECT_THAT(log_.warnings, Contains(HasSubstr("drums-only.mid (no note but percussion), ")));
  EXPECT_THAT(log_.warnings, Contains(HasSubstr("no-notes.mid (no note)")));
}

TEST_F(MidiPiecesOfFolders, AFolderOrAFileWithoutAnyNoteIsAnErrorThatSaysSo) {
  write("drums-only.mid", drums());
  write("x.mp3", {1});
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read(); }), HasSubstr("found no music: 1 file has no note"));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read_corpus({path() / "drums-only.mid"}); }),
              HasSubstr("drums-only.mid: has no note but percussion"));
  write("bad.mid", Bytes(40));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read(); }), HasSubstr("1 file cannot be read ("));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read_corpus({path() / "bad.mid"}); }),
              HasSubstr("bad.mid, byte 0: is not a Standard MIDI File"));
}

TEST_F(MidiPiecesOfFolders, FilesGivenOneByOneAreReadLikeAFolder) {
  for (const char* name : {"a.mid", "b.mid"}) write(name, song(name[0] - 'a' + 2));
  write("drums.mid", drums());
  write("bad.mid", Bytes(40));
  const Corpus corpus =
      read_corpus({path() / "a.mid", path() / "bad.mid", path() / "drums.mid", path() / "b.mid"});
  EXPECT_EQ(pieces(corpus), 2U);
  EXPECT_EQ(corpus.counts.skipped, 1);
  EXPECT_EQ(corpus.counts.without_notes, 1);
}

TEST_F(MidiPiecesOfFolders, WhatIsPassedOverIsSaidByEnding) {
  write("a.mid", song(3));
  for (const char* name : {"b.mp3", "c.mp3", "d.pdf", "._a.mid"}) write(name, {1});
  read();
  EXPECT_THAT(log_.notes, Contains(HasSubstr("music: passed over: 2 .mp3, 1 .pdf, 1 hidden")));
}

TEST_F(MidiPiecesOfFolders, ArchivesMustBeUnpacked) {
  write("songs.zip", {'P', 'K', 3, 4});
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read_corpus({path() / "songs.zip"}); }),
              HasSubstr("songs.zip: is an archive: unpack it and name the folder"));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read(); }), HasSubstr("archives must be unpacked first"));
}

TEST_F(MidiPiecesOfFolders, CopiesGetTheSplitOfTheirOriginal) {
  for (int i = 0; i < 40; ++i) {
    write("piece" + std::to_string(i) + ".mid", song(2 + i));
    write("copies/again" + std::to_string(i) + ".mid", song(2 + i));
  }
  const Corpus corpus = read();
  EXPECT_EQ(pieces(corpus), 80U);
  EXPECT_EQ(corpus.counts.copies, 40);
  std::map<Tokens, std::string> split_of;
  for (const auto& [split, some] : corpus.splits) {
    for (const auto& piece : some)
      EXPECT_EQ(split_of.emplace(piece.body, split).first->second, split) << piece.name;
  }
  EXPECT_EQ(split_of.size(), 40U);
  EXPECT_EQ(names(corpus, "valid").size(), 8U);
  EXPECT_THAT(log_.notes,
              Contains(HasSubstr("40 files have the same bytes as others and got the same split: ")));
}

TEST_F(MidiPiecesOfFolders, CopiesThatAListPutsIntoTwoSplitsStayInTheHeldOutOne) {
  write("a.mid", song(3));
  write("b.mid", song(4));
  write("c.mid", song(3));
  const Corpus corpus = read_listed("split,file\ntrain,a.mid\ntrain,b.mid\nvalid,c.mid\n");
  EXPECT_EQ(names(corpus, "train"), std::set<std::string>{"b.mid"});
  EXPECT_EQ(names(corpus, "valid"), std::set<std::string>{"c.mid"});
  EXPECT_THAT(log_.warnings,
              Contains(HasSubstr("left out 1 copy of files in another split: a.mid (valid: c.mid)")));
}

TEST_F(MidiPiecesOfFolders, CopiesInTwoPlacesOfTheCommandGetOneSplit) {
  for (int i = 0; i < 10; ++i) write("piece" + std::to_string(i) + ".mid", song(2 + i));
  const Corpus whole = read();
  const std::string held_out = *names(whole, "valid").begin();
  const Corpus corpus = read_corpus({path(), path() / held_out});
  EXPECT_EQ(names(corpus, "train").count(held_out), 0U);
  EXPECT_EQ(corpus.splits.at("valid").size(), 2U);
}

TEST_F(MidiPiecesOfFolders, ListsThatNameWhatIsNotThereAreReadAndItIsSaid) {
  write("a.mid", song(3));
  write("b.mid", song(4));
  write("unlisted.mid", song(5));
  const Corpus corpus =
      read_listed("split;file\ntrain;a.mid\nvalid;b.mid\ntrain;gone1.mid\ntest;gone2.mid\n");
  EXPECT_EQ(pieces(corpus), 2U);
  EXPECT_THAT(log_.warnings, Contains(HasSubstr("2 of 4 files in ")));
  EXPECT_THAT(log_.warnings, Contains(HasSubstr(" are not in the folder: gone1.mid, gone2.mid")));
  EXPECT_THAT(log_.warnings, Contains(HasSubstr("1 of 3 files are not in ")));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read_listed("split\tfile\ntrain\tgone.mid\n"); }),
              HasSubstr("lists none of the folder's files, such as a.mid; it lists gone.mid"));
}

TEST_F(MidiPiecesOfFolders, ListedFilesThatCannotBeReadAreSkippedAndNotMissing) {
  write("a.mid", song(3));
  write("b.mid", Bytes(40));
  write("c.mid", song(5));
  const Corpus corpus = read_listed("split,file\ntrain,a.mid\nvalid,b.mid\nvalid,c.mid\n");
  EXPECT_EQ(names(corpus, "valid"), std::set<std::string>{"c.mid"});
  EXPECT_THAT(log_.warnings, Not(Contains(HasSubstr("not in the folder"))));
}

TEST_F(MidiPiecesOfFolders, AListThatLeavesNoneToValidateOnGivesSomeWithoutTheirCopies) {
  std::string table = "split,file\n";
  for (int i = 0; i < 10; ++i) {
    write(std::to_string(i) + ".mid", song(2 + i % 5));
    table += "train," + std::to_string(i) + ".mid\n";
  }
  const Corpus corpus = read_listed(table);
  EXPECT_EQ(names(corpus, "valid"), (std::set<std::string>{"4.mid", "9.mid"}));
  EXPECT_EQ(names(corpus, "train").size(), 8U);
}

TEST_F(MidiPiecesOfFolders, FlawedFilesAreCountedAndStrictRefusesThem) {
  write("a.mid", song(3));
  write("flawed.mid", testing::midi_file(0, 100, {Track().at(0, {0x90, 0x80, 64}).end(9)}));
  EXPECT_EQ(read().counts.flawed, 1);
  CorpusOptions strict;
  strict.strict = true;
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read(strict); }), HasSubstr("flawed.mid, byte 24: byte 128"));
}

}  // namespace
}  // namespace heed::music
