// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/midi_reader.h"

#include "tests/data/music/midi_bytes.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"

namespace heed::music {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pointwise;
using testing::Track;

Score read(const testing::Bytes& file, const MidiReadOptions& options = {}) {
  return read_midi(std::as_bytes(std::span(file)), "test.mid", options);
}

MATCHER_P3(IsNote, pitch, start, end, "") {
  return arg.pitch == pitch && std::abs(arg.start - start) < 1e-9 && std::abs(arg.end - end) < 1e-9;
}

// With a division of 100 and the initial tempo, a tick is 5 ms.
constexpr int kDivision = 100;

TEST(MidiReader, ReadsNotesWithVelocityAndProgram) {
  const Score score = read(testing::midi_file(
      0, kDivision, {Track().at(0, {0xC2, 19}).at(100, {0x92, 60, 77}).at(50, {0x82, 60, 0}).end()}));
  ASSERT_THAT(score.notes, ElementsAre(IsNote(60, 0.5, 0.75)));
  EXPECT_EQ(score.notes[0].velocity, 77);
  EXPECT_EQ(score.notes[0].program, 19);
  EXPECT_EQ(score.notes[0].voice, 0);
  EXPECT_DOUBLE_EQ(score.quarter_seconds, 0.5);
  EXPECT_DOUBLE_EQ(score.duration(), 0.75);
}

TEST(MidiReader, RunningStatusAndVelocityZeroEndNotes) {
  const Score score = read(testing::midi_file(
      0, kDivision, {Track().at(0, {0x90, 60, 64}).at(20, {60, 0}).at(20, {62, 64}).at(20, {62, 0}).end()}));
  EXPECT_THAT(score.notes, ElementsAre(IsNote(60, 0, 0.1), IsNote(62, 0.2, 0.3)));
}

TEST(MidiReader, RunningStatusSurvivesMetaEventsButNotSystemExclusive) {
  const Track meta = Track().at(0, {0x90, 60, 64}).at(20, {0xFF, 1, 2, 'h', 'i'}).at(0, {60, 0}).end();
  EXPECT_THAT(read(testing::midi_file(0, kDivision, {meta})).notes, ElementsAre(IsNote(60, 0, 0.1)));
  const Track exclusive =
      Track().at(0, {0x90, 60, 64}).at(20, {0xF0, 3, 0x7E, 0x00, 0xF7}).at(0, {60, 0}).end();
  EXPECT_THROW(read(testing::midi_file(0, kDivision, {exclusive}), {.strict = true}), Error);
}

TEST(MidiReader, PassesOverEverythingThatIsNoNote) {
  const Track track = Track()
                          .at(0, {0xFF, 3, 1, 'x'})
                          .at(0, {0xF0, 2, 1, 0xF7})
                          .at(0, {0xF7, 1, 5})
                          .at(0, {0xE0, 1, 2})
                          .at(0, {0xD0, 9})
                          .at(0, {0xA0, 60, 9})
                          .at(0, {0xB0, 7, 100})
                          .at(0, {0xFF, 0x7F, 3, 0xFF, 0x2F, 0})
                          .at(0, {0x90, 60, 64})
                          .at(20, {0x80, 60, 64})
                          .end();
  EXPECT_THAT(read(testing::midi_file(0, kDivision, {track})).notes, ElementsAre(IsNote(60, 0, 0.1)));
}

TEST(MidiReader, TempoChangesOfOneTrackHoldForAll) {
  const Track conductor = Track().tempo(0, 1'000'000).tempo(100, 250'000).tempo(200, 500'000).end();
  const Track part =
      Track().at(50, {0x90, 60, 64}).at(100, {0x80, 60, 0}).at(250, {0x90, 62, 1}).at(100, {62, 0});
  const Score score = read(testing::midi_file(1, kDivision, {conductor, Track(part).end()}));
  // Quarters of 1 s to tick 100, of 0.25 s to tick 300, then of 0.5 s.
  EXPECT_THAT(score.notes, ElementsAre(IsNote(60, 0.5, 1.125), IsNote(62, 2.0, 2.5)));
  EXPECT_DOUBLE_EQ(score.quarter_seconds, 1);
}

TEST(MidiReader, TempoLateInTheFileOrderStillCountsFromItsTick) {
  const Track part = Track().at(0, {0x90, 60, 64}).at(200, {0x80, 60, 0}).end();
  const Track conductor = Track().tempo(100, 1'000'000).end();
  EXPECT_THAT(read(testing::midi_file(1, kDivision, {part, conductor})).notes,
              ElementsAre(IsNote(60, 0, 1.5)));
}

TEST(MidiReader, SmpteDivisionMakesTicksOfSecondsWhateverTheTempo) {
  const Track track = Track().tempo(0, 9'000'000).at(500, {0x90, 60, 64}).at(250, {0x80, 60, 0}).end();
  const int frames_25_of_40_ticks = (256 - 25) << 8 | 40;
  EXPECT_THAT(read(testing::midi_file(0, frames_25_of_40_ticks, {track})).notes,
              ElementsAre(IsNote(60, 0.5, 0.75)));
  const int drop_frame_of_10_ticks = (256 - 29) << 8 | 10;
  EXPECT_THAT(read(testing::midi_file(0, drop_frame_of_10_ticks, {track})).notes,
              ElementsAre(IsNote(60, 50 * 1.001 / 30, 75 * 1.001 / 30)));
}

TEST(MidiReader, StrikingASoundingPitchEndsTheOldNote) {
  const Track track =
      Track().at(0, {0x90, 60, 64}).at(20, {0x90, 60, 65}).at(20, {0x80, 60, 0}).at(20, {0x80, 60, 0}).end();
  EXPECT_THAT(read(testing::midi_file(0, kDivision, {track})).notes,
              ElementsAre(IsNote(60, 0, 0.1), IsNote(60, 0.1, 0.2)));
}

TEST(MidiReader, ReleaseWrittenAfterTheNextStrikeOfItsTickBelongsToTheOldNote) {
  const Track track =
      Track().at(0, {0x90, 60, 64}).at(20, {0x90, 60, 65}).at(0, {0x80, 60, 0}).at(40, {0x80, 60, 0}).end();
  EXPECT_THAT(read(testing::midi_file(0, kDivision, {track})).notes,
              ElementsAre(IsNote(60, 0, 0.1), IsNote(60, 0.1, 0.3)));
}

TEST(MidiReader, NotesOfNoLengthAndStrayReleasesAreLeftOut) {
  const Track track = Track().at(0, {0x80, 60, 0}).at(5, {0x90, 60, 64}).at(0, {0x80, 60, 0}).end();
  EXPECT_THAT(read(testing::midi_file(0, kDivision, {track})).notes, IsEmpty());
}

TEST(MidiReader, NotesNeverLetGoEndWithTheirTrack) {
  const Track open = Track().at(0, {0x90, 60, 64}).end(40);
  const Track longer = Track().at(100, {0x91, 62, 64}).at(20, {0x81, 62, 64}).end();
  EXPECT_THAT(read(testing::midi_file(1, kDivision, {open, longer})).notes,
              ElementsAre(IsNote(60, 0, 0.2), IsNote(62, 0.5, 0.6)));
}

TEST(MidiReader, EndOfTrackMayBeMissingAndWhatFollowsItIsIgnored) {
  const Track missing = Track().at(0, {0x90, 60, 64}).at(20, {0x80, 60, 0});
  EXPECT_THAT(read(testing::midi_file(0, kDivision, {missing})).notes, ElementsAre(IsNote(60, 0, 0.1)));
  const Track more = Track(missing).end().at(0, {0x90, 61, 64}).at(9, {0xF5});
  EXPECT_THAT(read(testing::midi_file(0, kDivision, {more})).notes, ElementsAre(IsNote(60, 0, 0.1)));
}

TEST(MidiReader, PedalHoldsNotesUntilItIsLifted) {
  const Track track = Track()
                          .at(0, {0x90, 60, 64})
                          .at(10, {0xB0, 64, 64})
                          .at(10, {0x80, 60, 0})  // held
                          .at(10, {0x90, 62, 64})
                          .at(30, {0xB0, 64, 63})  // lifted while 62 is down
                          .at(20, {0x80, 62, 0})
                          .end();
  EXPECT_THAT(read(testing::midi_file(0, kDivision, {track})).notes,
              ElementsAre(IsNote(60, 0, 0.3), IsNote(62, 0.15, 0.4)));
  EXPECT_THAT(read(testing::midi_file(0, kDivision, {track}), {.sustain_pedal = false}).notes,
              ElementsAre(IsNote(60, 0, 0.1), IsNote(62, 0.15, 0.4)));
}

TEST(MidiReader, StrikingAHeldPitchEndsTheHeldNoteAndOnlyThat) {
  const Track track = Track()
                          .at(0, {0xB0, 64, 127})
                          .at(0, {0x90, 60, 64})
                          .at(0, {0x90, 64, 64})
                          .at(10, {0x80, 60, 0})
                          .at(0, {0x80, 64, 0})
                          .at(30, {0x90, 60, 64})
                          .at(10, {0x80, 60, 0})
                          .at(50, {0xB0, 64, 0})
                          .end();
  EXPECT_THAT(read(testing::midi_file(0, kDivision, {track})).notes,
              ElementsAre(IsNote(60, 0, 0.2), IsNote(64, 0, 0.5), IsNote(60, 0.2, 0.5)));
}

TEST(MidiReader, PedalOfAChannelActsInEveryTrackAndInNoOtherChannel) {
  const Track pedal = Track().at(0, {0xB0, 64, 127}).at(100, {0xB0, 64, 0}).end();
  const Track notes =
      Track().at(0, {0x90, 60, 64}).at(0, {0x91, 62, 64}).at(20, {0x80, 60, 0}).at(0, {0x81, 62, 0}).end();
  EXPECT_THAT(read(testing::midi_file(1, kDivision, {pedal, notes})).notes,
              ElementsAre(IsNote(60, 0, 0.5), IsNote(62, 0, 0.1)));
}

TEST(MidiReader, PedalActsBeforeTheNotesOfItsTick) {
  const Track track =
      Track().at(0, {0x90, 60, 64}).at(20, {0x80, 60, 0}).at(0, {0xB0, 64, 127}).at(20, {0xB0, 64, 0}).end();
  EXPECT_THAT(read(testing::midi_file(0, kDivision, {track})).notes, ElementsAre(IsNote(60, 0, 0.2)));
}

TEST(MidiReader, PedalNeverLiftedHoldsToTheLastEvent) {
  const Track track = Track()
                          .at(0, {0xB0, 64, 127})
                          .at(0, {0x90, 60, 64})
                          .at(10, {0x80, 60, 0})
                          .at(20, {0x90, 62, 64})
                          .at(10, {0x80, 62, 0})
                          .end(1000);
  EXPECT_THAT(read(testing::midi_file(0, kDivision, {track})).notes,
              ElementsAre(IsNote(60, 0, 0.2), IsNote(62, 0.15, 0.2)));
}

TEST(MidiReader, AllNotesOffLetsGoAndAllSoundOffSilencesHeldNotesToo) {
  const auto with_controller = [](int controller) {
    return testing::midi_file(0, kDivision,
                              {Track()
                                   .at(0, {0xB0, 64, 127})
                                   .at(0, {0x90, 60, 64})
                                   .at(20, {0xB0, controller, 0})
                                   .at(20, {0xB0, 64, 0})
                                   .end(100)});
  };
  EXPECT_THAT(read(with_controller(123)).notes, ElementsAre(IsNote(60, 0, 0.2)));
  EXPECT_THAT(read(with_controller(120)).notes, ElementsAre(IsNote(60, 0, 0.1)));
}

TEST(MidiReader, PercussionIsSkippedUnlessWanted) {
  const auto file = testing::midi_file(
      0, kDivision,
      {Track().at(0, {0x99, 38, 64}).at(0, {0x90, 60, 64}).at(20, {0x89, 38, 0}).at(0, {0x80, 60, 0}).end()});
  EXPECT_THAT(read(file).notes, ElementsAre(IsNote(60, 0, 0.1)));
  const Score all = read(file, {.skip_percussion = false});
  ASSERT_THAT(all.notes, ElementsAre(IsNote(38, 0, 0.1), IsNote(60, 0, 0.1)));
  EXPECT_TRUE(all.notes[0].drum);
  EXPECT_FALSE(all.notes[1].drum);
}

TEST(MidiReader, VoicesAreTracksWithNotesAndChannelsWithinATrack) {
  const Track silent = Track().at(0, {0xC0, 5}).end();
  const auto part = [](int channel, int pitch) {
    return Track().at(0, {0x90 | channel, pitch, 64}).at(20, {0x80 | channel, pitch, 0}).end();
  };
  const Score tracks = read(testing::midi_file(1, kDivision, {silent, part(0, 72), silent, part(0, 60)}));
  ASSERT_THAT(tracks.notes, ElementsAre(IsNote(60, 0, 0.1), IsNote(72, 0, 0.1)));
  EXPECT_EQ(tracks.notes[0].voice, 1);
  EXPECT_EQ(tracks.notes[1].voice, 0);

  const Track both =
      Track().at(0, {0x95, 60, 64}).at(0, {0x93, 72, 64}).at(20, {0x85, 60, 0}).at(0, {0x83, 72, 0}).end();
  const Score channels = read(testing::midi_file(0, kDivision, {both}));
  EXPECT_EQ(channels.notes[0].voice, 1);
  EXPECT_EQ(channels.notes[1].voice, 0);
}

TEST(MidiReader, UnisonsOfTwoTracksOnOneChannelStayApart) {
  const auto part = [](uint32_t length) {
    return Track().at(0, {0x90, 60, 64}).at(length, {0x80, 60, 0}).end();
  };
  EXPECT_THAT(read(testing::midi_file(1, kDivision, {part(20), part(40)})).notes,
              ElementsAre(IsNote(60, 0, 0.1), IsNote(60, 0, 0.2)));
}

TEST(MidiReader, TimeSignaturesPlaceBars) {
  const Track track = Track()
                          .at(400, {0xFF, 0x58, 4, 3, 2, 24, 8})  // 3/4 after a bar of the default 4/4
                          .at(600, {0xFF, 0x58, 4, 6, 3, 24, 8})  // 6/8 after two of them
                          .at(0, {0x90, 60, 64})
                          .at(301, {0x80, 60, 0})
                          .end(10'000);
  EXPECT_THAT(read(testing::midi_file(0, kDivision, {track})).bar_lines,
              Pointwise(DoubleNear(1e-9), {0.0, 2.0, 3.5, 5.0, 6.5}));
}

TEST(MidiReader, BarsAreUnknownWithoutATimeSignature) {
  const Track track = Track().at(0, {0x90, 60, 64}).at(900, {0x80, 60, 0}).end();
  EXPECT_THAT(read(testing::midi_file(0, kDivision, {track})).bar_lines, IsEmpty());
}

TEST(MidiReader, FilesWithoutNotesAreEmptyScores) {
  EXPECT_THAT(read(testing::midi_file(1, kDivision, {})).notes, IsEmpty());
  EXPECT_THAT(read(testing::midi_file(0, kDivision, {Track()})).notes, IsEmpty());
  EXPECT_THAT(read(testing::midi_file(0, kDivision, {Track().end()})).notes, IsEmpty());
}

TEST(MidiReader, UnknownChunksLongHeadersAndTrailingBytesArePassedOver) {
  testing::Bytes body;
  testing::put_big_endian(body, 0x00000001, 4);
  testing::put_big_endian(body, kDivision, 2);
  body.push_back(0x55);
  testing::Bytes file = testing::chunk("MThd", body);
  const auto add = [&](const testing::Bytes& part) { file.insert(file.end(), part.begin(), part.end()); };
  add(testing::chunk("XFIH", {1, 2, 3}));
  add(testing::chunk("MTrk", Track().at(0, {0x90, 60, 64}).at(20, {0x80, 60, 0}).end().bytes()));
  add({0, 0, 0});
  EXPECT_THAT(read(file).notes, ElementsAre(IsNote(60, 0, 0.1)));
}

}  // namespace
}  // namespace heed::music
