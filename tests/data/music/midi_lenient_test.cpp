// SPDX-License-Identifier: Apache-2.0
// Flawed files, read leniently: what is sound in them is read, and each flaw is counted by its kind.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "tests/core/expect_error.h"
#include "tests/core/kept_log.h"
#include "tests/data/music/midi_bytes.h"
#include "tests/data/music/test_data.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/music/midi_reader.h"

namespace heed::music {
namespace {

using testing::Bytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Track;

constexpr int kDivision = 100;  // a tick is 5 ms
constexpr size_t kFirstEvent = 14 + 8;

struct Reading {
  Score score;
  MidiFlaws flaws;
};

Reading read(const Bytes& file, const MidiReadOptions& options = {}) {
  MidiReport report;
  Score score = read_midi(std::as_bytes(std::span(file)), "song.mid", options, &report);
  return {std::move(score), report.flaws};
}
Bytes of(const Track& track) {
  return testing::midi_file(0, kDivision, {track});
}
std::vector<Note> sound(const Bytes& file) {
  return read_midi(std::as_bytes(std::span(file)), "sound.mid", {.strict = true}).notes;
}

/// Expects one kind of flaw, strict reading to refuse the file for it, and the notes of `sound_file`.
void expect_flaw(const Bytes& file, MidiFlaw kind, int64_t count, const std::string& first,
                 const Bytes& sound_file) {
  const Reading reading = read(file);
  EXPECT_EQ(reading.score.notes, sound(sound_file));
  EXPECT_EQ(reading.flaws.count(kind), count) << reading.flaws.line();
  EXPECT_EQ(reading.flaws.total(), count) << reading.flaws.line();
  EXPECT_THAT(reading.flaws.place + ": " + reading.flaws.message, HasSubstr(first));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read(file, {.strict = true}); }), HasSubstr(first));
}

TEST(LenientMidi, DataBytesAbove127AreClipped) {
  expect_flaw(of(Track().at(0, {0x90, 0x80, 64}).at(50, {0x80, 0xFF, 0}).end()), MidiFlaw::kDataByte, 2,
              "song.mid, byte 24: byte 128 where a data byte (0 to 127) is needed",
              of(Track().at(0, {0x90, 127, 64}).at(50, {0x80, 127, 0}).end()));
  expect_flaw(of(Track().at(0, {0x90, 60, 200}).at(50, {60, 0}).end()), MidiFlaw::kDataByte, 1, "byte 200",
              of(Track().at(0, {0x90, 60, 127}).at(50, {60, 0}).end()));
  expect_flaw(
      of(Track().at(0, {0xB0, 64, 0xFF}).at(0, {0x90, 60, 64}).at(50, {60, 0}).at(50, {62, 64}).end()),
      MidiFlaw::kDataByte, 1, "byte 255",
      of(Track().at(0, {0xB0, 64, 127}).at(0, {0x90, 60, 64}).at(50, {60, 0}).at(50, {62, 64}).end()));
  expect_flaw(of(Track().at(0, {0xC0, 0x90}).at(0, {0xE0, 0x81, 0x82}).at(0, {0x90, 60, 64}).end(9)),
              MidiFlaw::kDataByte, 3, "byte 144",
              of(Track().at(0, {0xC0, 127}).at(0, {0x90, 60, 64}).end(9)));
}

TEST(LenientMidi, RunningStatusGoesOnAfterSystemMessages) {
  const Track meant =
      Track().at(0, {0x90, 60, 64}).at(20, {0x90, 60, 0}).at(10, {62, 64}).at(10, {62, 0}).end();
  for (const auto& message :
       std::vector<std::vector<int>>{{0xF0, 3, 0x7E, 9, 0xF7}, {0xF7, 1, 5}, {0xF0, 0}}) {
    Track track = Track().at(0, {0x90, 60, 64});
    track.at(20, message).at(0, {60, 0}).at(10, {62, 64}).at(10, {62, 0}).end();
    expect_flaw(of(track), MidiFlaw::kRunningStatus, 1, "a data byte has no status byte before it",
                of(meant));
  }
}

TEST(LenientMidi, DataBeforeTheFirstStatusIsSkipped) {
  expect_flaw(of(Track().at(0, {60, 64, 3, 0x90, 62, 64}).at(20, {62, 0}).end()), MidiFlaw::kRunningStatus, 1,
              "byte 23: a data byte has no status byte",
              of(Track().at(0, {0x90, 62, 64}).at(20, {62, 0}).end()));
  expect_flaw(of(Track().at(7, {1, 0xFF, 1, 1, 'x'}).at(0, {0x90, 62, 64}).at(20, {62, 0}).end()),
              MidiFlaw::kRunningStatus, 1, "byte 23",
              of(Track().at(7, {0x90, 62, 64}).at(20, {62, 0}).end()));
}

TEST(LenientMidi, StatusBytesThatFilesCannotHaveAreSkippedWithTheirData) {
  const Track meant = Track().at(0, {0x90, 60, 64}).at(20, {0x80, 60, 0}).end();
  for (const auto& message : std::vector<std::vector<int>>{
           {0xF4}, {0xF5}, {0xF9}, {0xFD}, {0xF6}, {0xF8}, {0xFE}, {0xF1, 5}, {0xF3, 5}, {0xF2, 5, 6}}) {
    Track track = Track().at(0, {0x90, 60, 64});
    expect_flaw(of(track.at(15, message).at(5, {0x80, 60, 0}).end()), MidiFlaw::kStatus, 1,
                "status byte " + std::to_string(message[0]) + " is not allowed", of(meant));
  }
}

TEST(LenientMidi, TemposOfOtherLengthsAreReadIfTheyHoldATempo) {
  const auto notes = [](Track track) { return of(track.at(0, {0x90, 60, 64}).at(100, {60, 0}).end()); };
  const Bytes second = notes(Track().tempo(0, 1'000'000)), usual = notes(Track());
  expect_flaw(notes(Track().at(0, {0xFF, 0x51, 4, 0, 0x0F, 0x42, 0x40})), MidiFlaw::kTempo, 1,
              "byte 26: a tempo of 4 bytes; it needs 3", second);
  expect_flaw(notes(Track().at(0, {0xFF, 0x51, 6, 0, 0, 0, 0x0F, 0x42, 0x40})), MidiFlaw::kTempo, 1,
              "a tempo of 6 bytes", second);
  expect_flaw(notes(Track().at(0, {0xFF, 0x51, 4, 1, 0, 0, 0})), MidiFlaw::kTempo, 1, "4 bytes", usual);
  expect_flaw(notes(Track().at(0, {0xFF, 0x51, 2, 7, 0xA1})), MidiFlaw::kTempo, 1, "2 bytes", usual);
  expect_flaw(notes(Track().at(0, {0xFF, 0x51, 0})), MidiFlaw::kTempo, 1, "0 bytes", usual);
  // A tempo of zero leaves the one before it.
  expect_flaw(notes(Track().tempo(0, 1'000'000).tempo(0, 0)), MidiFlaw::kTempo, 1,
              "a tempo of zero microseconds", second);
}

TEST(LenientMidi, TimeSignaturesOfNothingAreSkippedAndTheOneBeforeGoesOn) {
  const auto bars = [](const Track& track) { return read(of(track)).score.bar_lines; };
  const auto waltz = [] { return Track().at(0, {0xFF, 0x58, 4, 3, 2, 24, 8}); };
  const auto notes = [](Track track) { return track.at(0, {0x90, 60, 64}).at(600, {60, 0}).end(); };
  const auto meant = bars(notes(waltz()));
  ASSERT_THAT(meant, ElementsAre(0.0, 1.5));
  for (const auto& body : std::vector<std::vector<int>>{
           {0xFF, 0x58, 4, 0, 2, 24, 8}, {0xFF, 0x58, 4, 4, 9, 24, 8}, {0xFF, 0x58, 1, 4}, {0xFF, 0x58, 0}}) {
    const Track track = notes(waltz().at(0, body));
    EXPECT_EQ(bars(track), meant);
    expect_flaw(of(track), MidiFlaw::kTimeSignature, 1, "a time signature of ", of(notes(Track())));
  }
}

TEST(LenientMidi, KeySignaturesAndTextsOfAnyBytesAreNoFlaw) {
  const Track track = Track()
                          .at(0, {0xFF, 0x59, 2, 99, 7})
                          .at(0, {0xFF, 0x59, 0})
                          .at(0, {0xFF, 3, 4, 0xFF, 0xFE, 0x83, 0x8D})
                          .at(0, {0xFF, 5, 2, 0x93, 0xFA})
                          .at(0, {0xFF, 0x54, 1, 0xFF})
                          .at(0, {0x90, 60, 64})
                          .at(20, {60, 0})
                          .end();
  const Reading reading = read(of(track), {.strict = true});
  EXPECT_EQ(reading.score.notes.size(), 1U);
  EXPECT_EQ(reading.flaws.total(), 0);
}

TEST(LenientMidi, NumbersOfMoreThanFourBytesAreReadIfTheyAreSmall) {
  Bytes body = Track().at(0, {0x90, 60, 64}).bytes();
  for (const int byte : {0x80, 0x80, 0x80, 0x80, 0x80, 20, 60, 0, 0, 0xFF, 0x2F, 0})
    body.push_back(static_cast<uint8_t>(byte));
  expect_flaw(testing::joined({testing::header(0, 1, kDivision), testing::chunk("MTrk", body)}),
              MidiFlaw::kNumber, 1, "a variable-length number is longer than four bytes",
              of(Track().at(0, {0x90, 60, 64}).at(20, {60, 0}).end()));
}

TEST(LenientMidi, WhatIsCutShortIsReadUpToThere) {
  const Bytes whole = of(testing::scale(4));
  for (size_t length = kFirstEvent + 4; length < whole.size(); ++length) {
    SCOPED_TRACE(length);
    const Reading reading = read(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
    const size_t strikes = std::min<size_t>(4, (length - kFirstEvent + 4) / 8);
    // A note that is struck last has no length before the next event.
    EXPECT_LE(reading.score.notes.size(), strikes);
    EXPECT_GE(reading.score.notes.size() + 1, strikes);
    EXPECT_EQ(reading.flaws.count(MidiFlaw::kTrackLength), 1);
    for (size_t i = 0; i < reading.score.notes.size(); ++i)
      EXPECT_EQ(reading.score.notes[i].pitch, 60 + int(i));
  }
}

TEST(LenientMidi, LengthsBeyondTheTrackEndItAndOtherTracksGoOn) {
  const Bytes meant = testing::midi_file(1, kDivision, {testing::scale(1), testing::scale(2, 70, 1)});
  for (const auto& event : std::vector<std::vector<int>>{
           {0xFF, 1, 0xFF, 0xFF, 0xFF, 0x7F}, {0xF0, 20, 1}, {0xFF, 0x51, 3, 7}, {0x90, 61}}) {
    Track cut = Track().at(0, {0x90, 60, 64}).at(100, {0x80, 60, 0});
    expect_flaw(testing::midi_file(1, kDivision, {cut.at(0, event), testing::scale(2, 70, 1)}),
                MidiFlaw::kCut, 1, "the file is truncated: ", meant);
  }
}

/// The bytes of a file whose track number `index` says that it is `more` bytes longer than it is.
Bytes with_length(Bytes file, size_t index, int more) {
  for (size_t at = 0; at + 8 <= file.size(); ++at) {
    if (std::string(file.begin() + std::ptrdiff_t(at), file.begin() + std::ptrdiff_t(at) + 4) != "MTrk")
      continue;
    if (index-- > 0) continue;
    const int length = file[at + 6] * 256 + file[at + 7] + more;
    file[at + 6] = static_cast<uint8_t>(length / 256);
    file[at + 7] = static_cast<uint8_t>(length % 256);
    return file;
  }
  return {};
}

TEST(LenientMidi, TracksOfAnotherLengthThanTheySayAreReadToTheirEnd) {
  const Bytes one = of(testing::scale(3));
  const Bytes two = testing::midi_file(1, kDivision, {testing::scale(2), testing::scale(3, 70, 1)});
  for (const int more : {1, 4, 40, 5000})
    expect_flaw(with_length(one, 0, more), MidiFlaw::kTrackLength, 1, "more bytes are needed", one);
  for (const int more : {1, 4, 9, 20})
    expect_flaw(with_length(two, 0, more), MidiFlaw::kTrackLength, 1, "bytes before its length says", two);
  for (const int more : {-1, -3, -4, -11, -20}) {
    const Reading reading = read(with_length(two, 0, more));
    EXPECT_EQ(reading.score.notes, sound(two)) << more;
    EXPECT_GE(reading.flaws.count(MidiFlaw::kTrackLength), 1) << more;
    EXPECT_EQ(read(with_length(two, 1, more)).score.notes, sound(two)) << more;
    EXPECT_EQ(read(with_length(one, 0, more)).score.notes, sound(one)) << more;
  }
}

TEST(LenientMidi, BytesBetweenTracksAreSkipped) {
  const auto track = [](const Track& events) { return testing::chunk("MTrk", events.bytes()); };
  const Bytes meant = testing::midi_file(1, kDivision, {testing::scale(2), testing::scale(3, 70, 1)});
  for (const Bytes& junk : {Bytes{0}, Bytes(3, 0xFF), Bytes(300, 0)}) {
    expect_flaw(testing::joined({testing::header(1, 2, kDivision), track(testing::scale(2)), junk,
                                 track(testing::scale(3, 70, 1))}),
                MidiFlaw::kChunk, 1, "no chunk begins here; " + std::to_string(junk.size()), meant);
  }
}

TEST(LenientMidi, TheTracksThatAreThereAreReadWhateverTheHeaderClaims) {
  Bytes file = testing::midi_file(1, kDivision, {testing::scale(2), testing::scale(3, 70, 1), Track().end()});
  const Bytes meant = file;
  for (const int claim : {0, 1, 2}) {
    file[11] = static_cast<uint8_t>(claim);
    expect_flaw(file, MidiFlaw::kTrackCount, 3 - claim > 0 ? 1 : 0,
                "a track more than the " + std::to_string(claim) + " that the header claims", meant);
  }
  for (const int claim : {4, 255}) {
    file[11] = static_cast<uint8_t>(claim);
    expect_flaw(file, MidiFlaw::kTrackCount, 1, "ends after 3 of " + std::to_string(claim) + " tracks",
                meant);
  }
}

TEST(LenientMidi, HeadersOfOddKindsAreReadAsTheNearestKind) {
  const Bytes meant = testing::midi_file(1, 480, {testing::scale(3)});
  Bytes file = meant;
  file[9] = 3;
  expect_flaw(file, MidiFlaw::kHeader, 1, "byte 8: unknown type 3", meant);
  expect_flaw(testing::midi_file(1, 0, {testing::scale(3)}), MidiFlaw::kHeader, 1,
              "byte 12: a division of zero ticks per quarter; 480", meant);
  expect_flaw(testing::midi_file(1, 0xE700, {testing::scale(3)}), MidiFlaw::kHeader, 1,
              "zero ticks per frame", meant);
  file = meant;
  file[7] = 5;
  expect_flaw(file, MidiFlaw::kHeader, 1, "byte 4: a header of 5 bytes", meant);
  file[4] = 0xFF;
  expect_flaw(file, MidiFlaw::kHeader, 1, "byte 4: a header of 4278190085 bytes", meant);
  const Reading frames = read(testing::midi_file(1, (256 - 50) << 8 | 4, {testing::scale(1)}));
  ASSERT_EQ(frames.score.notes.size(), 1U);
  EXPECT_DOUBLE_EQ(frames.score.notes[0].end, 0.5);  // 50 frames of 4 ticks are 200 ticks a second
  EXPECT_THAT(frames.flaws.message, HasSubstr("50 frames per second"));
}

Bytes riff(const Bytes& midi, const Bytes& before = {}) {
  const auto little = [](size_t value) {
    return Bytes{static_cast<uint8_t>(value), static_cast<uint8_t>(value >> 8), 0, 0};
  };
  const auto tag = [](const std::string& letters) { return Bytes(letters.begin(), letters.end()); };
  Bytes body = testing::joined({tag("RMID"), before, tag("data"), little(midi.size()), midi});
  if (body.size() % 2 == 1) body.push_back(0);
  return testing::joined({tag("RIFF"), little(body.size()), body});
}

TEST(LenientMidi, MusicInsideARiffFileIsNoFlaw) {
  const Bytes midi = of(testing::scale(3));
  const Bytes odd = of(Track(testing::scale(1)).at(0, {0}));
  const Bytes info{'L', 'I', 'S', 'T', 3, 0, 0, 0, 'a', 'b', 'c', 0};
  EXPECT_EQ(sound(riff(midi)), sound(midi));
  EXPECT_EQ(sound(riff(odd)), sound(odd));
  EXPECT_EQ(sound(riff(midi, info)), sound(midi));
  Bytes longer = riff(midi);
  longer[16] = 0xFF;
  expect_flaw(longer, MidiFlaw::kHeader, 1, "byte 16: a RIFF chunk of 255 bytes", midi);
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read(riff(Bytes(40, 'x'))); }),
              HasSubstr("is not a Standard MIDI File"));
}

TEST(LenientMidi, BytesBeforeTheHeaderAreSkipped) {
  const Bytes midi = of(testing::scale(3));
  for (const size_t junk : {1, 128, 4096}) {
    expect_flaw(testing::joined({Bytes(junk, 0), midi}), MidiFlaw::kHeader, 1,
                std::to_string(junk) + " other bytes stand before the MThd header", midi);
  }
  EXPECT_THAT(error_of(ErrorKind::kData,
                       [&] {
                         read(testing::joined({Bytes(4097, 0), midi}));
                       }),
              HasSubstr("byte 0: is not a Standard MIDI File"));
}

TEST(LenientMidi, NotesAfterADayAndBarsWithoutEndAreLeftOut) {
  const Track day =
      Track().tempo(0, 0xFFFFFF).at(0, {0x90, 60, 64}).at(96, {60, 0}).at(0x0FFFFFFF, {61, 64}).end(1);
  const Reading reading = read(of(day));
  ASSERT_EQ(reading.score.notes.size(), 1U);
  EXPECT_EQ(reading.score.notes[0].pitch, 60);
  EXPECT_EQ(reading.flaws.count(MidiFlaw::kTime), 1);
  const Track bars =
      Track().tempo(0, 1).at(0, {0xFF, 0x58, 4, 1, 8, 24, 8}).at(0, {0x90, 60, 64}).end(0x0FFFFFFF);
  const Reading many = read(of(bars));
  EXPECT_EQ(many.score.bar_lines.size(), 100'000U);
  EXPECT_EQ(many.flaws.count(MidiFlaw::kTime), 1);
}

TEST(LenientMidi, WhatIsNoMidiFileOrOfType2OrHasLostAllItsNotesIsAnError) {
  const auto error = [](const Bytes& file) { return error_of(ErrorKind::kData, [&] { read(file); }); };
  EXPECT_THAT(error(Bytes{}), HasSubstr("song.mid, byte 0: is not a Standard MIDI File"));
  EXPECT_THAT(error(Bytes(1000, 'x')), HasSubstr("is not a Standard MIDI File"));
  EXPECT_THAT(error(testing::midi_file(2, 96, {testing::scale(3)})), HasSubstr("is a type 2 file"));
  Bytes lost = of(testing::scale(1));
  lost.resize(kFirstEvent + 2);
  EXPECT_THAT(error(lost), HasSubstr("byte 22: the file is truncated"));
  EXPECT_THAT(error(lost), HasSubstr("; no note can be read"));
  EXPECT_THAT(error(testing::header(1, 3, 96)), HasSubstr("ends after 0 of 3 tracks; no note can be read"));
}

TEST(LenientMidi, AFileSaysItsFirstFlawAndTheNumberOfOthers) {
  const auto line = [](const Track& track) { return read(of(track)).flaws.line(); };
  Track track = Track().at(0, {0x90, 60, 64});
  EXPECT_EQ(line(Track(track).end(9)), "");
  EXPECT_EQ(line(Track(track).at(9, {0xF4}).end()),
            "song.mid, byte 27: status byte 244 is not allowed in a file");
  track.at(9, {0xF4}).at(0, {0xF5});
  EXPECT_THAT(line(Track(track).end()),
              HasSubstr("byte 27: status byte 244 is not allowed in a file (and 1 more flaw)"));
  EXPECT_THAT(line(track.tempo(0, 0).end()), HasSubstr("(and 2 more flaws)"));
}

TEST(LenientMidi, PercussionOfNoLengthLastsATenthOrUntilItsKeyIsStruckAgain) {
  Track drums;
  for (const int key : {36, 36, 38}) drums.at(10, {0x99, key, 100}).at(0, {0x89, key, 64});  // 50 ms apart
  const auto file =
      of(drums.at(0, {0x99, 40, 1}).at(0, {0x99, 40, 2}).at(0, {0x89, 40, 0}).at(0, {40, 0}).end());
  MidiReport report;
  const Score score =
      read_midi(std::as_bytes(std::span(file)), "drums.mid", {.skip_percussion = false}, &report);
  std::vector<std::array<double, 3>> notes;
  for (const auto& note : score.notes) notes.push_back({double(note.pitch), note.start, note.end});
  ASSERT_EQ(notes.size(), 4U);
  const auto is = [](double pitch, double start, double end) {
    return ElementsAre(pitch, ::testing::DoubleNear(start, 1e-9), ::testing::DoubleNear(end, 1e-9));
  };
  EXPECT_THAT(notes,
              ElementsAre(is(36, 0.05, 0.1), is(36, 0.1, 0.2), is(38, 0.15, 0.25), is(40, 0.15, 0.25)));
  EXPECT_EQ(report.without_length, 1);  // the key struck twice at once
}

class FilesOfOne : public ::testing::Test {
 protected:
  std::string path(const Bytes& file) {
    write_atomically(folder_.path() / "one.mid", std::as_bytes(std::span(file)));
    return (folder_.path() / "one.mid").string();
  }
  testing::TemporaryFolder folder_;
};

TEST_F(FilesOfOne, WithoutNotesAreErrorsThatSayWhatTheyHave) {
  const auto error = [&](const Track& track) {
    return error_of(ErrorKind::kData, [&] { read_midi_file(path(of(track))); });
  };
  EXPECT_THAT(error(testing::scale(3, 36, 9)), HasSubstr("one.mid: has no note but percussion"));
  EXPECT_THAT(error(Track().tempo(0, 500'000).end()), HasSubstr("one.mid: has no note"));
  Track stabs;
  for (int i = 0; i < 24; ++i) stabs.at(10, {0x90, 60 + i, 80}).at(0, {0x80, 60 + i, 0});
  EXPECT_THAT(error(stabs.end()), HasSubstr("has no note that lasts: 24 have no length"));
  EXPECT_EQ(read_midi_file(path(of(testing::scale(3, 36, 9))), {.skip_percussion = false}).notes.size(), 3U);
}

TEST_F(FilesOfOne, WarnOfTheirFlawsInOneLine) {
  LinesOfLog log;
  EXPECT_EQ(read_midi_file(path(of(Track().at(0, {0x90, 0x80, 64}).at(0, {0xF4}).end(9)))).notes.size(), 1U);
  EXPECT_THAT(log.warnings, ElementsAre(HasSubstr("one.mid, byte 24: byte 128")));
  log.warnings.clear();
  read_midi_file(path(of(testing::scale(3))));
  EXPECT_THAT(log.warnings, IsEmpty());
}

}  // namespace
}  // namespace heed::music
