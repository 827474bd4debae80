// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/motif.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace heed::evaluation {
namespace {

std::vector<music::Note> melody(const std::vector<int>& pitches, double start = 0) {
  std::vector<music::Note> notes;
  for (size_t i = 0; i < pitches.size(); ++i) {
    music::Note note;
    note.start = start + 0.25 * static_cast<double>(i);
    note.end = note.start + 0.25;
    note.pitch = pitches[i];
    notes.push_back(note);
  }
  return notes;
}

TEST(MelodyLine, IsTheTopNoteOfEachOnset) {
  auto notes = melody({72, 71, 69});
  for (const auto& low : melody({48, 90, 50})) notes.push_back(low);
  std::reverse(notes.begin(), notes.end());
  EXPECT_EQ(melody_line(notes), (std::vector<int>{72, 90, 69}));
}

TEST(MelodyLine, MergesOnsetsCloserThan30MsToTheirFirst) {
  std::vector<music::Note> notes;
  for (const auto& [start, pitch] :
       {std::pair{0.0, 60}, {0.02, 64}, {0.03, 62}, {0.045, 55}, {0.07, 50}, {0.5, 70}}) {
    music::Note note;
    note.start = start;
    note.pitch = pitch;
    notes.push_back(note);
  }
  // 45 ms is within 30 ms of the second note, but not of the first of its onset.
  EXPECT_EQ(melody_line(notes), (std::vector<int>{64, 55, 70}));
}

TEST(MelodyLine, LeavesPercussionOut) {
  auto notes = melody({60, 62});
  notes[1].drum = true;
  EXPECT_EQ(melody_line(notes), (std::vector<int>{60}));
  EXPECT_TRUE(melody_line({}).empty());
}

TEST(IntervalPatterns, AreDistinctAndNeedFourNotes) {
  EXPECT_TRUE(interval_patterns(std::vector<int>{60, 62, 64}).empty());
  EXPECT_EQ(interval_patterns(std::vector<int>{60, 62, 64, 65}), (std::set<IntervalPattern>{{2, 2, 1}}));
  EXPECT_EQ(interval_patterns(std::vector<int>(20, 60)).size(), 1u);
}

TEST(MotifRecurrence, ATransposedRepeatRecursWholly) {
  const auto recurrence = motif_recurrence(melody({60, 62, 64, 60, 67}), melody({65, 67, 69, 65, 72}, 9));
  EXPECT_EQ(recurrence.patterns, 2);
  EXPECT_EQ(recurrence.share(), 1);
}

TEST(MotifRecurrence, ForeignMaterialDoesNotRecur) {
  EXPECT_EQ(motif_recurrence(melody({60, 62, 64, 60, 67}), melody({60, 59, 58, 57, 56})).share(), 0);
}

TEST(MotifRecurrence, CountsDistinctPatternsOfThePrimer) {
  // The primer's patterns: (2,2,1) twice, (2,1,-5), (1,-5,2), (-5,2,2). The continuation has (2,2,1) alone.
  const auto recurrence =
      motif_recurrence(melody({60, 62, 64, 65, 60, 62, 64, 65}), melody({50, 52, 54, 55}));
  EXPECT_EQ(recurrence.patterns, 4);
  EXPECT_EQ(recurrence.recurring, 1);
  EXPECT_DOUBLE_EQ(recurrence.share(), 0.25);
}

TEST(MotifRecurrence, TheBorderMakesNoPattern) {
  EXPECT_EQ(motif_recurrence(melody({60, 62, 64, 65}), melody({62, 64, 65}, 1)).recurring, 0);
}

TEST(MeanShare, LeavesOutPrimersWithoutPatternsAndGivesTheStandardError) {
  const std::vector<MotifRecurrence> pieces{{4, 1}, {4, 3}, {0, 0}, {2, 1}};
  const auto mean = mean_share(pieces);
  EXPECT_EQ(mean.count, 3);
  EXPECT_DOUBLE_EQ(mean.mean, 0.5);
  EXPECT_NEAR(mean.standard_error, 0.25 / std::sqrt(3.0), 1e-12);
  EXPECT_EQ(mean_share({}).count, 0);
}

}  // namespace
}  // namespace heed::evaluation
