// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/piano_roll.h"

#include <cmath>
#include <random>

#include "tests/rendering/picture.h"

namespace heed::rendering {
namespace {

using music::Note;
using music::Score;
using PianoRollTest = RenderingTest;

double lightness(Color color) {
  return color.red + color.green + color.blue;
}

Score eight_seconds() {
  Score score;
  for (int i = 0; i < 8; ++i) {
    score.notes.push_back(
        {.start = i * 1.0, .end = i + 0.9, .pitch = 60 + i, .velocity = 80, .voice = i % 2});
  }
  return score;
}

// Returns the middle of a note in a picture of one row.
Point middle_of(const Note& note, const RollLayout& layout) {
  const RollRow& row = layout.rows.front();
  return {layout.x(row, (note.start + note.end) / 2), layout.y(row, note.pitch)};
}

TEST_F(PianoRollTest, HasTheWidthAskedFor) {
  for (const int width : {400, 1001, 1600}) {
    draw_piano_roll(eight_seconds(), {.width = width}, file("roll.png"));
    EXPECT_EQ(Picture(file("roll.png")).width(), width);
  }
}

TEST_F(PianoRollTest, PrimerAndContinuationHaveTheirColours) {
  const Score score = eight_seconds();
  draw_piano_roll(score, {.width = 800, .primer_seconds = 4}, file("roll.png"));
  const Picture picture(file("roll.png"));
  const RollLayout layout = layout_roll(score, {.width = 800, .margin_top = 48});
  for (const Note& note : score.notes) {
    const Point at = middle_of(note, layout);
    const Color expected = note.start < 4 ? primer_color() : continuation_color();
    EXPECT_TRUE(picture.near(static_cast<int>(at.x), static_cast<int>(at.y), expected)) << note.start;
  }
  const auto boundary = static_cast<int>(layout.x(layout.rows.front(), 4));
  const int ground = static_cast<int>(layout.y(layout.rows.front(), 74));  // a white key's lane without notes
  EXPECT_FALSE(picture.near(boundary - 7, ground, kWhite));
  EXPECT_TRUE(picture.near(boundary + 7, ground, kWhite));
}

TEST_F(PianoRollTest, WithoutAPrimerThereIsOneColour) {
  draw_piano_roll(eight_seconds(), {.width = 800}, file("roll.png"));
  EXPECT_EQ(Picture(file("roll.png")).count(primer_color()), 0);
}

TEST_F(PianoRollTest, LouderNotesAreDarker) {
  Score score;
  for (int i = 0; i < 8; ++i) {
    score.notes.push_back({.start = i * 1.0, .end = i + 0.9, .pitch = 60, .velocity = 1 + 18 * i});
  }
  draw_piano_roll(score, {.width = 800}, file("roll.png"));
  const Picture picture(file("roll.png"));
  const RollLayout layout = layout_roll(score, {.width = 800, .margin_top = 48});
  double before = 3;
  for (const Note& note : score.notes) {
    const Point at = middle_of(note, layout);
    const double now = lightness(picture.at(static_cast<int>(at.x), static_cast<int>(at.y)));
    EXPECT_LT(now, before - 0.03) << note.velocity;
    before = now;
  }
}

TEST_F(PianoRollTest, VoicesHaveTheirColours) {
  draw_piano_roll(eight_seconds(), {.width = 800, .colors = NoteColors::kVoices}, file("roll.png"));
  const Picture picture(file("roll.png"));
  EXPECT_GT(picture.count(series_color(0)), 500);
  EXPECT_GT(picture.count(series_color(1)), 500);
  EXPECT_EQ(picture.count(series_color(2)), 0);
}

TEST_F(PianoRollTest, BeyondEightVoicesTheOnesWithFewNotesShareAColour) {
  Score score;
  for (int voice = 0; voice < 12; ++voice) {
    for (int i = 0; i < (voice < 5 ? 1 : 6); ++i)
      score.notes.push_back(
          {.start = i * 1.0, .end = i + 0.9, .pitch = 40 + 3 * voice, .velocity = 80, .voice = voice});
  }
  draw_piano_roll(score, {.width = 1600, .colors = NoteColors::kVoices}, file("roll.png"));
  const Picture picture(file("roll.png"));
  const RollLayout layout = layout_roll(score, {.width = 1600, .margin_top = 48});
  for (const Note& note : score.notes) {
    const Point at = middle_of(note, layout);
    const size_t color = note.voice < 5 ? 7 : static_cast<size_t>(note.voice) - 5;
    EXPECT_TRUE(picture.near(static_cast<int>(at.x), static_cast<int>(at.y), series_color(color)))
        << note.voice;
  }
}

TEST_F(PianoRollTest, PercussionHasLanesBelowThePitchesAndMarksOfOneWidth) {
  Score score = eight_seconds();
  score.notes.push_back({.start = 2, .end = 2, .pitch = 36, .velocity = 80, .voice = 2, .drum = true});
  score.notes.push_back({.start = 4, .end = 7, .pitch = 42, .velocity = 80, .voice = 2, .drum = true});
  draw_piano_roll(score, {.width = 800}, file("roll.png"));
  const Picture picture(file("roll.png"));
  const RollLayout layout = layout_roll(score, {.width = 800, .margin_top = 48});
  EXPECT_EQ(layout.drums, (std::vector<int>{42, 36}));
  EXPECT_GT(layout.low_pitch, 42) << "percussion does not widen the range of pitches";
  const RollRow& row = layout.rows.front();
  for (const auto& [seconds, key] : {std::pair{2.0, 36}, std::pair{4.0, 42}}) {
    const double y = layout.drum_y(row, key);
    EXPECT_GT(y, row.top + layout.pitches_height());
    EXPECT_LT(y, layout.bottom(row));
    const auto x = static_cast<int>(layout.x(row, seconds));
    EXPECT_LT(lightness(picture.at(x + 2, static_cast<int>(y))), 2.2) << key;
    EXPECT_GT(lightness(picture.at(x + 8, static_cast<int>(y))), 2.8) << key;
  }
}

TEST_F(PianoRollTest, PercussionAloneNeedsNoKeyboard) {
  Score score;
  for (int i = 0; i < 4; ++i)
    score.notes.push_back(
        {.start = i * 1.0, .end = i * 1.0, .pitch = 35 + 4 * i, .velocity = 80, .drum = true});
  draw_piano_roll(score, {.width = 800, .title = "drums"}, file("roll.png"));
  const RollLayout layout = layout_roll(score, {.width = 800, .margin_top = 48});
  EXPECT_EQ(layout.pitches_height(), 0);
  EXPECT_EQ(layout.row_height(), 4 * layout.drum_height);
  EXPECT_EQ(Picture(file("roll.png")).height(), layout.picture_height);
}

TEST_F(PianoRollTest, ALongTitleEndsBeforeTheLegend) {
  Score score = eight_seconds();
  score.voice_names = {"violin", "violoncello"};
  const std::string title(300, 'M');
  draw_piano_roll(score, {.width = 800, .colors = NoteColors::kVoices, .title = title}, file("roll.png"));
  const Picture picture(file("roll.png"));
  int first_box = picture.width();
  for (int x = 0; x < picture.width() && first_box == picture.width(); ++x)
    if (picture.near(x, 24, series_color(0))) first_box = x;
  ASSERT_LT(first_box, picture.width());
  for (int x = first_box - 12; x < first_box; ++x)
    for (int y = 10; y < 38; ++y) ASSERT_TRUE(picture.near(x, y, kWhite)) << x << ", " << y;
}

TEST_F(PianoRollTest, AScoreWithoutNotesMakesAPicture) {
  for (const bool bars : {false, true}) {
    draw_piano_roll({}, {.width = 500, .bars = bars, .primer_seconds = 3, .title = "none"}, file("roll.png"));
    const Picture picture(file("roll.png"));
    EXPECT_EQ(picture.width(), 500);
    EXPECT_GT(picture.height(), 100);
  }
}

TEST_F(PianoRollTest, OddScoresMakePictures) {
  Score odd;
  odd.notes = {{.start = 0, .end = 0, .pitch = 0, .velocity = 1},
               {.start = 1, .end = 1, .pitch = 127, .velocity = 127, .voice = 300, .drum = true},
               {.start = 2, .end = INFINITY, .pitch = 60},
               {.start = std::nan(""), .end = 3, .pitch = 60}};
  odd.bar_lines = {0, 0, 0.5, 0.5000001, 90};
  for (const bool bars : {false, true}) {
    draw_piano_roll(odd, {.bars = bars, .primer_seconds = 1e9, .colors = NoteColors::kVoices},
                    file("roll.png"));
    EXPECT_LT(Picture(file("roll.png")).height(), 1600);
  }
}

TEST(RollLayout, LongMusicRunsOverRowsThatMeet) {
  Score score;
  score.notes = {{.start = 0, .end = 191, .pitch = 60}};
  const RollLayout layout = layout_roll(score, {});
  ASSERT_EQ(layout.rows.size(), 7U);
  EXPECT_EQ(layout.rows.front().begin, 0);
  EXPECT_EQ(layout.rows.back().end, 191);
  for (size_t i = 1; i < layout.rows.size(); ++i) {
    EXPECT_EQ(layout.rows[i].begin, layout.rows[i - 1].end);
    EXPECT_GT(layout.rows[i].top, layout.bottom(layout.rows[i - 1]));
  }
  score.notes[0].end = 183;  // three seconds over six rows
  EXPECT_EQ(layout_roll(score, {}).rows.size(), 6U);
  score.notes[0].end = 40;
  EXPECT_EQ(layout_roll(score, {}).rows.size(), 1U);
}

TEST(RollLayout, RowsOfBarsBeginAtBarLines) {
  Score score;
  score.notes = {{.start = 0, .end = 100, .pitch = 60}};
  for (double bar = 0.5; bar < 100; bar += 2.1) score.bar_lines.push_back(bar);
  const RollLayout layout = layout_roll(score, {.break_at_bars = true});
  ASSERT_EQ(layout.rows.size(), 4U);
  for (size_t i = 1; i < layout.rows.size(); ++i) EXPECT_EQ(layout.rows[i].begin, score.bar_lines[12 * i]);
}

TEST(RollLayout, PicturesStayDrawableHoweverLongTheMusic) {
  Score score;
  for (const double seconds : {1e3, 1e5, 1e9}) {
    score.notes = {{.start = 0, .end = seconds, .pitch = 21}, {.start = 0, .end = 1, .pitch = 108}};
    score.bar_lines.clear();
    for (int bar = 0; bar < 3000; ++bar) score.bar_lines.push_back(bar * seconds / 3000);
    EXPECT_LT(layout_roll(score, {}).picture_height, 17000) << seconds;
    EXPECT_LT(layout_roll(score, {.break_at_bars = true}).picture_height, 31000) << seconds;
  }
}

TEST(RollLayout, PitchesAreCroppedToTheMusicWithRoom) {
  Score score;
  score.notes = {{.start = 0, .end = 1, .pitch = 40}, {.start = 0, .end = 1, .pitch = 80}};
  const RollLayout layout = layout_roll(score, {});
  EXPECT_EQ(layout.low_pitch, 38);
  EXPECT_EQ(layout.high_pitch, 82);
}

}  // namespace
}  // namespace heed::rendering
