// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/corpus.h"

#include <filesystem>
#include <fstream>

#include "tests/core/expect_error.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/music/chorale_grid.h"
#include "heed/data/music/midi_writer.h"

namespace heed::music {
namespace {
namespace fs = std::filesystem;

class CorpusFolder : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("heed_corpus_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "midi");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write_midi(const std::string& name, int steps) {
    Chorale chorale;
    for (int s = 0; s < steps; ++s) chorale.steps.push_back({72 + s % 5, 67, 60, 48});
    write_midi_file(folder_ / "midi" / name, chorale_score(chorale));
  }

  fs::path folder_;
};

TEST_F(CorpusFolder, PreparedMusicReadsBackTheSame) {
  for (int i = 0; i < 5; ++i) write_midi("piece-" + std::to_string(i) + ".mid", 20 + i);
  const Corpus raw = read_corpus({folder_ / "midi"});
  write_corpus(raw, folder_ / "prepared");
  const Corpus prepared = read_corpus({folder_ / "prepared"});
  EXPECT_STREQ(prepared.encoding->name(), "performance");
  int64_t pieces = 0;
  for (const auto& [split, expected] : raw.splits) {
    ASSERT_EQ(prepared.splits.at(split).size(), expected.size()) << split;
    for (size_t p = 0; p < expected.size(); ++p, ++pieces) {
      EXPECT_EQ(prepared.splits.at(split)[p].body, expected[p].body);
      EXPECT_EQ(prepared.splits.at(split)[p].name, expected[p].name);
    }
  }
  EXPECT_EQ(pieces, 5);
  EXPECT_GE(raw.splits.at("valid").size(), 1u);
}

TEST_F(CorpusFolder, BrokenFilesAreSkippedAndCountedOrStopStrictReading) {
  write_midi("good-1.mid", 30);
  write_midi("good-2.mid", 30);
  write_atomically(folder_ / "midi" / "broken.mid", std::string_view("MThd nonsense"));
  EXPECT_EQ(read_corpus({folder_ / "midi"}).counts.skipped, 1);
  CorpusOptions strict;
  strict.strict = true;
  try {
    read_corpus({folder_ / "midi"}, strict);
    FAIL() << "a broken file passed";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_THAT(error.what(), testing::HasSubstr("broken.mid"));
  }
}

TEST_F(CorpusFolder, MidiBecomesAChoraleGridWhenAskedTo) {
  write_midi("a.mid", 16);
  CorpusOptions options;
  options.encoding = "chorale";
  const Corpus corpus = read_corpus({folder_ / "midi"}, options);
  EXPECT_EQ(corpus.tokens("train"), 64);
}

TEST_F(CorpusFolder, SaysWhatIsMissing) {
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read_corpus({folder_ / "nowhere"}); }),
              ::testing::HasSubstr("nowhere: there is no such file or folder"));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read_corpus({folder_ / "midi"}); }),
              ::testing::HasSubstr("found no music: expected MIDI files"));
  write_midi("a.mid", 16);
  const Corpus corpus = read_corpus({folder_ / "midi" / "a.mid"});
  try {
    corpus.split("test");
    FAIL() << "there is no such split";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("it has train"));
  }
}

TEST_F(CorpusFolder, DamagedPreparedDataIsAnErrorAndNotACrash) {
  write_midi("a.mid", 16);
  write_corpus(read_corpus({folder_ / "midi"}), folder_ / "prepared");
  const auto bytes = read_bytes(folder_ / "prepared" / "train.safetensors");
  for (const size_t cut : {size_t{0}, size_t{7}, size_t{40}, bytes.size() - 1}) {
    write_atomically(folder_ / "prepared" / "train.safetensors", std::span(bytes).first(cut));
    EXPECT_THROW(read_corpus({folder_ / "prepared"}), Error) << cut;
  }
}

}  // namespace
}  // namespace heed::music
