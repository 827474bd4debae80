// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_opening.h"

#include <cmath>
#include <memory>

#include "tests/tasks/tiny_music.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/data/music/beat_map.h"
#include "heed/data/music/midi_reader.h"
#include "heed/data/music/midi_writer.h"
#include "heed/data/music/performance.h"
#include "heed/tasks/music/music_generation.h"

namespace heed::tasks {
namespace {

/// A pick-up of a quarter, 3/4, a slower tempo from bar 2 on and 4/4 from bar 4 on: a note on each quarter from tick 480
/// on, and one that is held from the first to the tenth. Two voices.
music::Score song(int division = 480) {
  const int64_t quarter = division;
  music::Score score;
  score.beats = std::make_shared<const music::BeatMap>(
      division,
      std::vector<music::TempoChange>{{.tick = 0, .quarter_microseconds = 451'234},
                                      {.tick = 4 * quarter, .quarter_microseconds = 612'345}},
      std::vector<music::TimeSignature>{{.tick = 0, .numerator = 1, .denominator = 4},
                                        {.tick = quarter, .numerator = 3, .denominator = 4},
                                        {.tick = 10 * quarter, .numerator = 4, .denominator = 4}});
  score.quarter_seconds = 0.451234;
  const auto at = [&](double quarters) { return score.beats->seconds(quarters * division); };
  for (int q = 1; q < 16; ++q)
    score.notes.push_back(
        {.start = at(q), .end = at(q + 0.75), .pitch = 60 + q, .velocity = 61 + q, .program = 40});
  score.notes.push_back(
      {.start = at(1), .end = at(10), .pitch = 48, .velocity = 90, .program = 42, .voice = 1});
  music::sort_notes(score.notes);
  score.bar_lines = score.beats->bar_lines(score.duration());
  return score;
}

ComposedPiece continued(const MusicOpening& opening, const std::shared_ptr<const music::Encoding>& encoding,
                        double seconds = 12) {
  MusicRequest request;
  request.opening = opening;
  request.rules = {.length = {seconds, seconds}, .notes = {.longest_seconds = 1, .most_notes = 8}};
  return compose(*testing::tiny_model(encoding->vocabulary_size()), encoding, request).pieces.at(0);
}

std::vector<int64_t> tempo_ticks(const music::Score& score) {
  std::vector<int64_t> ticks;
  for (const auto& change : score.beats->tempos()) ticks.push_back(change.tick);
  return ticks;
}

/// The notes of `all` that begin before a time.
std::vector<music::Note> notes_before(const music::Score& all, double seconds) {
  std::vector<music::Note> notes;
  for (const auto& note : all.notes)
    if (note.start < seconds - 1e-9) notes.push_back(note);
  return notes;
}

TEST(MusicOpening, APerformanceKeepsTheNotesTicksTempoAndMetreOfItsPrimer) {
  const auto encoding = music::make_encoding("performance");
  for (const int division : {480, 96, 24, 1}) {
    SCOPED_TRACE(division);
    const music::Score source = song(division);
    // The pick-up and two bars: up to quarter 7, where the held note still sounds.
    const auto opening = cut_primer(*encoding, source, {.seconds = {}, .bars = 3, .events = {}});
    const double cut = source.beats->seconds(7.0 * division);
    EXPECT_NEAR(opening.offset + opening.end_seconds, cut, 0.0051);
    const auto piece = continued(opening, encoding);
    const music::Score back = music::read_midi(music::write_midi(piece.score), "out.mid");
    const int factor = back.beats->ticks_per_quarter() / division;
    EXPECT_GE(back.beats->ticks_per_quarter(), 96);
    EXPECT_EQ(tempo_ticks(back), (std::vector<int64_t>{0, 4 * division * factor}));
    ASSERT_EQ(back.beats->signatures().size(), 2U) << "the metre after the cut is not the primer's";
    EXPECT_EQ(back.beats->signatures()[1].tick, division * factor);
    const auto before = notes_before(source, cut), written = notes_before(back, cut);
    ASSERT_EQ(written.size(), before.size());
    for (size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(back.beats->ticks(written[i].start), factor * source.beats->ticks(before[i].start));
      EXPECT_EQ(written[i].pitch, before[i].pitch);
      EXPECT_EQ(written[i].velocity, before[i].velocity);
      EXPECT_EQ(written[i].program, before[i].program);
    }
    const auto held =
        std::find_if(written.begin(), written.end(), [](const auto& n) { return n.pitch == 48; });
    ASSERT_NE(held, written.end());
    // The tempo of the cut goes on, so that the note ends at its second.
    EXPECT_NEAR(held->end, source.beats->seconds(10.0 * division),
                0.006 + 0.6 / back.beats->ticks_per_quarter());
    EXPECT_GT(back.notes.size(), before.size() + 3);
    EXPECT_NEAR(back.duration(), 12, 1.1);
  }
}

TEST(MusicOpening, NewNotesJoinTheVoiceWithTheMostNotes) {
  const auto encoding = music::make_encoding("performance");
  const auto piece =
      continued(cut_primer(*encoding, song(), {.seconds = 3.0, .bars = {}, .events = {}}), encoding);
  ASSERT_FALSE(piece.new_notes.empty());
  for (const auto& note : piece.new_notes) {
    EXPECT_EQ(note.voice, 0);
    EXPECT_EQ(note.program, 40);
    EXPECT_GE(note.start, piece.primer_seconds - 1e-9);
  }
}

TEST(MusicOpening, TheContinuationAloneBeginsWithItsBarInTheLastTempo) {
  const auto encoding = music::make_encoding("performance");
  const music::Score source = song();
  const double cut = source.beats->seconds(5.5 * 480);  // in the bar from quarter 4 to 7
  const auto piece =
      continued(cut_primer(*encoding, source, {.seconds = cut, .bars = {}, .events = {}}), encoding);
  const music::Score rest = continuation_of(piece);
  ASSERT_EQ(rest.notes.size(), piece.new_notes.size());
  ASSERT_EQ(rest.beats->tempos().size(), 1U);
  EXPECT_EQ(rest.beats->tempos()[0].quarter_microseconds, 612'345U);
  ASSERT_EQ(rest.beats->signatures().size(), 1U);
  EXPECT_EQ(rest.beats->signatures()[0].numerator, 3);
  const double bar = source.beats->seconds(4.0 * 480);
  for (size_t i = 0; i < rest.notes.size(); ++i)
    EXPECT_NEAR(rest.notes[i].start, piece.new_notes[i].start - bar, 1e-9);
  EXPECT_GE(rest.notes[0].start, cut - bar - 0.006);
  EXPECT_EQ(music::read_midi(music::write_midi(rest), "rest.mid").notes.size(), rest.notes.size());
}

TEST(MusicOpening, AWholePieceEndsWhereItsNotesEnd) {
  const auto encoding = music::make_encoding("performance");
  const music::Score source = song();
  const auto opening = cut_primer(*encoding, source, {});
  EXPECT_EQ(opening.source.notes.size(), source.notes.size());
  EXPECT_TRUE(opening.held.empty());
  EXPECT_NEAR(opening.offset + opening.end_seconds, source.duration(), 0.01);
  EXPECT_EQ(opening.source.beats->signatures().size(), 3U);
}

TEST(MusicOpening, ACutInTheMiddleOfAChordKeepsTheNotesThatWereStruck) {
  const auto encoding = music::make_encoding("performance");
  music::Score source = song();
  const auto opening = cut_primer(*encoding, source, {.seconds = {}, .bars = {}, .events = 2});
  ASSERT_EQ(opening.source.notes.size(), 1U) << "a velocity and a note";
  EXPECT_EQ(opening.held.size(), 1U);
  EXPECT_EQ(opening.end_seconds, 0);
}

TEST(MusicOpening, ASilenceBeforeTheCutEndsAtTheCut) {
  const auto encoding = music::make_encoding("performance");
  music::Score source;
  source.notes = {{.start = 0, .end = 1, .pitch = 60}, {.start = 5, .end = 6, .pitch = 62}};
  const auto opening = cut_primer(*encoding, source, {.seconds = 2.5, .bars = {}, .events = {}});
  EXPECT_NEAR(opening.end_seconds, 2.5, 1e-9);
  EXPECT_FALSE(opening.source.beats);
  EXPECT_EQ(continued(opening, encoding).score.notes.front().end, 1);
}

TEST(MusicOpening, AChoraleKeepsItsPickUp) {
  const auto encoding = music::make_encoding("chorale");
  music::Score source = song();
  source.beats = std::make_shared<const music::BeatMap>(
      480, std::vector<music::TempoChange>{{.tick = 0, .quarter_microseconds = 750'000}},
      std::vector<music::TimeSignature>{{.tick = 0, .numerator = 1, .denominator = 4},
                                        {.tick = 480, .numerator = 3, .denominator = 4}});
  source.quarter_seconds = 0.75;
  for (auto& note : source.notes)
    note.start = std::round(note.start / 0.75) * 0.75, note.end = note.start + 0.75;
  source.bar_lines = source.beats->bar_lines(source.duration());
  const auto piece =
      continued(cut_primer(*encoding, source, {.seconds = {}, .bars = 3, .events = {}}), encoding);
  EXPECT_NEAR(piece.primer_seconds, 7 * 0.6, 1e-9);
  const music::Score back = music::read_midi(music::write_midi(piece.score), "chorale.mid");
  ASSERT_EQ(back.beats->signatures().size(), 2U);
  EXPECT_EQ(back.beats->signatures()[0].numerator, 1);
  EXPECT_EQ(back.beats->signatures()[1].tick, 480);
  EXPECT_NEAR(back.bar_lines.at(1), 0.6, 1e-9);
  EXPECT_NEAR(back.bar_lines.at(2), 4 * 0.6, 1e-9);
  EXPECT_NEAR(back.notes.front().start, 0.6, 1e-6) << "the first note is on the first full bar";
  const music::Score rest = continuation_of(piece);
  EXPECT_NEAR(rest.notes.front().start, 0, 1e-9);
  EXPECT_NEAR(rest.duration(), piece.score.duration() - 7 * 0.6, 1e-6);
}

}  // namespace
}  // namespace heed::tasks
