// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/midi_writer.h"

#include <cmath>

#include "tests/data/music/test_data.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/music/beat_map.h"
#include "heed/data/music/midi_reader.h"

namespace heed::music {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pointwise;

/// Makes a score whose notes are on ticks and do not overlap within a pitch and voice: such a score survives
/// exactly.
Score on_ticks(uint64_t seed, int voices, double tick_seconds) {
  Score score;
  std::vector<std::vector<int64_t>> free_from(static_cast<size_t>(voices), std::vector<int64_t>(128, 0));
  for (Note note : testing::random_notes(seed, 300, voices)) {
    int64_t& free = free_from[static_cast<size_t>(note.voice)][static_cast<size_t>(note.pitch)];
    const int64_t start = std::lround(note.start / tick_seconds);
    const int64_t end = std::max(start + 1, std::lround(note.end / tick_seconds));
    if (start < free) continue;
    free = end;
    note.start = static_cast<double>(start) * tick_seconds;
    note.end = static_cast<double>(end) * tick_seconds;
    score.notes.push_back(note);
  }
  sort_notes(score.notes);
  return score;
}

void expect_same_notes(const std::vector<Note>& actual, const std::vector<Note>& expected, double seconds) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_NEAR(actual[i].start, expected[i].start, seconds);
    EXPECT_NEAR(actual[i].end, expected[i].end, seconds);
    Note same_time = actual[i];
    same_time.start = expected[i].start;
    same_time.end = expected[i].end;
    EXPECT_EQ(same_time, expected[i]);
  }
}

TEST(MidiWriter, RoundTripIsExactToTheTick) {
  for (const int voices : {1, 2, 4, 9, 15}) {
    for (const int format : {0, 1}) {
      SCOPED_TRACE(voices);
      const MidiWriteOptions options{.quarter_seconds = 0.6, .ticks_per_quarter = 480, .format = format};
      const Score score = on_ticks(static_cast<uint64_t>(voices), voices, 0.6 / 480);
      const auto file = write_midi(score, options);
      const Score back = read_midi(file, "out.mid");
      expect_same_notes(back.notes, score.notes, 1e-9);
      EXPECT_DOUBLE_EQ(back.quarter_seconds, 0.6);
      EXPECT_EQ(write_midi(back, options), file);
    }
  }
}

TEST(MidiWriter, RoundsTimesToTheNearestTick) {
  Score score;
  score.notes = {{.start = 0.10001, .end = 0.1999, .pitch = 60}};
  const double tick = 0.5 / 7;
  const Score back = read_midi(write_midi(score, {.ticks_per_quarter = 7}), "out.mid");
  ASSERT_EQ(back.notes.size(), 1U);
  EXPECT_NEAR(back.notes[0].start, tick, 1e-12);
  EXPECT_NEAR(back.notes[0].end, 3 * tick, 1e-12);
}

TEST(MidiWriter, NotesLastATickAndEndWhereTheirPitchIsStruckAgain) {
  Score score;
  score.notes = {{.start = 0, .end = 2, .pitch = 60},
                 {.start = 1, .end = 3, .pitch = 60},
                 {.start = 1, .end = 1, .pitch = 64},
                 {.start = 3, .end = 4, .pitch = 60},
                 {.start = 3, .end = 5, .pitch = 60}};
  const Score back = read_midi(write_midi(score), "out.mid");
  ASSERT_EQ(back.notes.size(), 4U);
  EXPECT_NEAR(back.notes[0].end, 1, 1e-9);
  EXPECT_NEAR(back.notes[1].end, 3, 1e-9);
  EXPECT_NEAR(back.notes[2].end, 1 + 0.5 / 480, 1e-9);
  EXPECT_NEAR(back.notes[3].end, 5, 1e-9);
}

TEST(MidiWriter, PercussionGoesToItsChannelAndNoVoiceDoes) {
  Score score;
  for (int voice = 0; voice < 20; ++voice) {
    score.notes.push_back({.start = 0, .end = 1, .pitch = 40 + voice, .voice = voice});
  }
  score.notes.push_back({.start = 0, .end = 1, .pitch = 38, .program = 3, .voice = 99, .drum = true});
  const Score back = read_midi(write_midi(score), "out.mid", {.skip_percussion = false});
  ASSERT_EQ(back.notes.size(), 21U);
  EXPECT_TRUE(back.notes[0].drum);
  EXPECT_EQ(back.notes[0].voice, 20);
  for (int voice = 0; voice < 20; ++voice) {
    EXPECT_EQ(back.notes[static_cast<size_t>(voice) + 1].voice, voice);
    EXPECT_FALSE(back.notes[static_cast<size_t>(voice) + 1].drum);
  }
}

TEST(MidiWriter, EvenBarsKeepTheirLines) {
  Score score;
  score.quarter_seconds = 0.4;
  score.notes = {{.start = 0, .end = 5.9, .pitch = 60}};
  for (int bar = 0; bar < 5; ++bar) score.bar_lines.push_back(3 * 0.4 * bar);
  const Score back = read_midi(write_midi(score), "out.mid");
  EXPECT_THAT(back.bar_lines, Pointwise(DoubleNear(1e-9), score.bar_lines));
  score.bar_lines = {0, 1.2, 2.3};
  EXPECT_TRUE(read_midi(write_midi(score), "out.mid").bar_lines.empty());
}

TEST(MidiWriter, BeatsOfTheSourceStayWithTheirTicks) {
  Score score;
  score.beats = std::make_shared<const BeatMap>(
      960,
      std::vector<TempoChange>{{.tick = 0, .quarter_microseconds = 800'000},
                               {.tick = 1000, .quarter_microseconds = 400'000},
                               {.tick = 9601, .quarter_microseconds = 1'234'567}},
      std::vector<TimeSignature>{{.tick = 0, .numerator = 1, .denominator = 8},
                                 {.tick = 480, .numerator = 6, .denominator = 8}});
  for (const int64_t tick : {0, 480, 1001, 9601, 12'345}) {
    score.notes.push_back({.start = score.beats->seconds(static_cast<double>(tick)),
                           .end = score.beats->seconds(static_cast<double>(tick) + 77)});
  }
  score.voice_names = {"Violine \xFC"};
  for (const int format : {0, 1}) {
    const auto file = write_midi(score, {.format = format});
    const Score back = read_midi(file, "out.mid");
    expect_same_notes(back.notes, score.notes, 1e-9);
    ASSERT_TRUE(back.beats);
    EXPECT_EQ(back.beats->ticks_per_quarter(), 960);
    ASSERT_EQ(back.beats->tempos().size(), 3U);
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(back.beats->tempos()[i].tick, score.beats->tempos()[i].tick);
      EXPECT_EQ(back.beats->tempos()[i].quarter_microseconds, score.beats->tempos()[i].quarter_microseconds);
    }
    ASSERT_EQ(back.beats->signatures().size(), 2U);
    EXPECT_EQ(back.beats->signatures()[0].denominator, 8);
    EXPECT_EQ(back.beats->signatures()[1].tick, 480);
    EXPECT_EQ(write_midi(back, {.format = format}), file);
    EXPECT_EQ(back.voice_names.at(0), format == 1 ? score.voice_names[0] : "");
  }
  EXPECT_EQ(read_midi(write_midi(score, {.quarter_seconds = 0.5}), "out.mid").beats->tempos().size(), 1U);
}

TEST(MidiWriter, AnEmptyScoreIsAFileWithoutNotes) {
  for (const int format : {0, 1}) {
    EXPECT_TRUE(read_midi(write_midi({}, {.format = format}), "out.mid").notes.empty());
  }
}

TEST(MidiWriter, LaysOutTheBytesThatTheStandardSays) {
  Score score;
  score.notes = {{.start = 0.5, .end = 1, .pitch = 60, .velocity = 100, .program = 5}};
  std::string hex;
  for (const std::byte byte : write_midi(score)) {
    constexpr const char* kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<int>(byte) >> 4];
    hex += kDigits[static_cast<int>(byte) & 15];
  }
  EXPECT_EQ(hex,
            "4d546864"
            "00000006"
            "0001"
            "0002"
            "01e0"
            "4d54726b"
            "0000000b"
            "00ff510307a120"
            "00ff2f00"
            "4d54726b"
            "00000011"
            "8360c005"
            "00903c64"
            "8360803c40"
            "00ff2f00");
}

TEST(MidiWriter, RefusesWhatMidiCannotHold) {
  const auto error_of = [](const Note& note, const MidiWriteOptions& options = {}) -> std::string {
    Score score;
    score.notes = {note};
    try {
      write_midi(score, options);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(error_of({.start = 0, .end = 1, .pitch = 128}), HasSubstr("pitch 128"));
  EXPECT_THAT(error_of({.start = 0, .end = 1, .velocity = 0}), HasSubstr("velocity 0"));
  EXPECT_THAT(error_of({.start = -1, .end = 1}), HasSubstr("start -1"));
  EXPECT_THAT(error_of({.start = 2, .end = 1}), HasSubstr("end 1"));
  EXPECT_THAT(error_of({.start = 0, .end = std::nan("")}), HasSubstr("cannot be written"));
  EXPECT_THAT(error_of({.start = 0, .end = 1}, {.quarter_seconds = 17}),
              HasSubstr("a quarter in a MIDI file"));
  EXPECT_THAT(error_of({.start = 0, .end = 1}, {.ticks_per_quarter = -1}), HasSubstr("1 to 32767 ticks"));
  EXPECT_THAT(error_of({.start = 0, .end = 1}, {.format = 2}), HasSubstr("not of type 2"));
  EXPECT_THAT(
      error_of({.start = 80'000, .end = 80'001}, {.quarter_seconds = 0.001, .ticks_per_quarter = 32'767}),
      HasSubstr("too long for MIDI"));
}

TEST(MidiWriter, WritesFiles) {
  const testing::TemporaryFolder folder;
  const Score score = on_ticks(3, 2, 0.5 / 480);
  write_midi_file(folder.path() / "out.mid", score);
  EXPECT_EQ(read_bytes(folder.path() / "out.mid"), write_midi(score));
  expect_same_notes(read_midi_file(folder.path() / "out.mid").notes, score.notes, 1e-9);
}

}  // namespace
}  // namespace heed::music
