// SPDX-License-Identifier: Apache-2.0
// Malformed files, read strictly: each gives one Error(kData) with file and byte.
#include <optional>
#include <random>

#include "tests/data/music/midi_bytes.h"
#include "tests/data/music/test_data.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"
#include "heed/data/music/midi_reader.h"
#include "heed/data/music/midi_writer.h"

namespace heed::music {
namespace {

using testing::Bytes;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::Track;

std::string error_of(std::span<const std::byte> file) {
  try {
    read_midi(file, "bad.mid", {.strict = true});
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_THAT(error.what(), StartsWith("bad.mid, byte "));
    return error.what();
  }
  return "no error";
}
std::string error_of(const Bytes& file) {
  return error_of(std::as_bytes(std::span(file)));
}
std::string error_of(const Track& track) {
  return error_of(testing::midi_file(0, 96, {track}));
}

constexpr size_t kFirstEvent = 14 + 8;

TEST(MalformedMidi, WhatIsNoMidiFile) {
  EXPECT_THAT(error_of(Bytes{}), HasSubstr("byte 0: is not a Standard MIDI File"));
  EXPECT_THAT(error_of(Bytes{'M', 'T', 'h', 'd'}), HasSubstr("is not a Standard MIDI File"));
  EXPECT_THAT(error_of(Bytes(100, 'x')), HasSubstr("is not a Standard MIDI File"));
}

TEST(MalformedMidi, HeaderThatLies) {
  EXPECT_THAT(error_of(testing::midi_file(2, 96, {Track().end()})), HasSubstr("byte 8: is a type 2 file"));
  EXPECT_THAT(error_of(testing::midi_file(3, 96, {Track().end()})), HasSubstr("unknown type 3"));
  EXPECT_THAT(error_of(testing::midi_file(1, 0, {Track().end()})), HasSubstr("byte 12: a division of zero"));
  EXPECT_THAT(error_of(testing::midi_file(1, 0xE700, {Track().end()})), HasSubstr("zero ticks per frame"));
  EXPECT_THAT(error_of(testing::midi_file(1, 0x8001, {Track().end()})), HasSubstr("128 frames per second"));
  Bytes short_header = testing::midi_file(1, 96, {Track().end()});
  short_header[7] = 5;
  EXPECT_THAT(error_of(short_header), HasSubstr("byte 4: a header of 5 bytes"));
  Bytes long_header = testing::midi_file(1, 96, {Track().end()});
  long_header[4] = 0xFF;
  EXPECT_THAT(error_of(long_header), HasSubstr("byte 4: a header of 4278190086 bytes; 18 are left"));
}

TEST(MalformedMidi, CountsAndLengthsThatLie) {
  Bytes tracks = testing::midi_file(1, 96, {Track().end()});
  tracks[10] = tracks[11] = 0xFF;
  EXPECT_THAT(error_of(tracks), HasSubstr("ends after 1 of 65535 tracks"));
  Bytes length = testing::midi_file(1, 96, {Track().end()});
  length[18] = 0x7F;
  EXPECT_THAT(error_of(length),
              HasSubstr("byte 22: the file is truncated: 2130706436 more bytes are needed, 4"));
  EXPECT_THAT(error_of(Track().at(0, {0xFF, 1, 0xFF, 0xFF, 0xFF, 0x7F})), HasSubstr("268435455 more bytes"));
  EXPECT_THAT(error_of(Track().at(0, {0xF0, 20, 1})), HasSubstr("20 more bytes are needed, 1 are left"));
}

TEST(MalformedMidi, EventsThatAreNone) {
  const std::string first = "byte " + std::to_string(kFirstEvent + 1) + ": ";
  EXPECT_THAT(error_of(Track().at(0, {60, 64})), HasSubstr(first + "a data byte has no status byte"));
  EXPECT_THAT(error_of(Track().at(0, {0xF4})), HasSubstr(first + "status byte 244"));
  EXPECT_THAT(error_of(Track().at(0, {0x90, 0x80, 1})), HasSubstr("byte 128 where a data byte"));
  EXPECT_THAT(error_of(Track().at(0, {0x90, 60})), HasSubstr("is truncated"));
  Bytes number = testing::midi_file(0, 96, {Track().at(0, {0xFF, 1, 0x80, 0x80, 0x80, 0x80, 0})});
  EXPECT_THAT(error_of(number), HasSubstr("longer than four bytes"));
}

TEST(MalformedMidi, TemposAndSignaturesOfNothing) {
  EXPECT_THAT(error_of(Track().tempo(0, 0)), HasSubstr("a tempo of zero"));
  EXPECT_THAT(error_of(Track().at(0, {0xFF, 0x51, 2, 1, 1})), HasSubstr("a tempo of 2 bytes"));
  EXPECT_THAT(error_of(Track().at(0, {0xFF, 0x58, 4, 0, 2, 24, 8})), HasSubstr("a time signature of 0/2^2"));
  EXPECT_THAT(error_of(Track().at(0, {0xFF, 0x58, 4, 4, 99, 24, 8})),
              HasSubstr("a time signature of 4/2^99"));
}

TEST(MalformedMidi, PiecesThatNeverEnd) {
  const Track day = Track().tempo(0, 0xFFFFFF).at(0, {0x90, 60, 64}).at(0x0FFFFFFF, {0x80, 60, 0}).end();
  EXPECT_THAT(error_of(day), HasSubstr("more than 24 hours"));
  Track bars = Track().tempo(0, 1).at(0, {0xFF, 0x58, 4, 1, 8, 24, 8}).at(0, {0x90, 60, 64});
  EXPECT_THAT(error_of(bars.end(0x0FFFFFFF)), HasSubstr("more than 100000 bars"));
}

TEST(MalformedMidi, FilesLargerThanTheLimit) {
  EXPECT_THAT(error_of(Bytes(kMaxMidiBytes + 1)), HasSubstr("the limit is 16777216"));
}

std::vector<std::byte> sample() {
  Score score;
  score.notes = testing::random_notes(7, 60, 3);
  score.bar_lines = {0, 2, 4};
  return write_midi(score);
}

TEST(MalformedMidi, EveryTruncationIsAnError) {
  const auto file = sample();
  ASSERT_EQ(read_midi(file, "good.mid", {.strict = true}).notes.empty(), false);
  for (size_t length = 0; length < file.size(); ++length) {
    EXPECT_NE(error_of(std::span(file).first(length)), "no error") << length;
  }
}

TEST(MalformedMidi, ChangedBytesGiveAScoreOrOneErrorAndTheSameScoreLenientlyAsStrictly) {
  constexpr uint64_t kSeed = 20240607;
  std::mt19937_64 random(kSeed);
  const auto good = sample();
  int errors = 0, lost = 0;
  for (int i = 0; i < 20'000; ++i) {
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", round " + std::to_string(i));
    auto file = good;
    for (uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
      file[random() % file.size()] = static_cast<std::byte>(random());
    }
    std::optional<Score> lenient;
    MidiReport report;
    try {
      lenient = read_midi(file, "bad.mid", {}, &report);
      for (const auto& note : lenient->notes) {
        ASSERT_LT(note.start, note.end);
        ASSERT_LE(note.end, kMaxMidiSeconds);
      }
    } catch (const Error& error) {
      ASSERT_THAT(error.what(), StartsWith("bad.mid, byte "));
      ++lost;
    }
    try {
      const Score strict = read_midi(file, "bad.mid", {.strict = true});
      ASSERT_TRUE(lenient);
      ASSERT_EQ(report.flaws.total(), 0);
      ASSERT_EQ(strict.notes, lenient->notes);
    } catch (const Error& error) {
      ASSERT_THAT(error.what(), StartsWith("bad.mid, byte "));
      ASSERT_TRUE(!lenient || report.flaws.total() > 0);
      ++errors;
    }
  }
  EXPECT_GT(errors, 1000);
  EXPECT_LT(lost, errors / 3);
}

}  // namespace
}  // namespace heed::music
