// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_generation.h"

#include "tests/core/expect_error.h"
#include "tests/tasks/tiny_music.h"
#include <gtest/gtest.h>

#include "heed/core/error.h"
#include "heed/data/music/chorale_grid.h"

namespace heed::tasks {
namespace {

music::Score scale_score() {
  music::Chorale chorale;
  for (int s = 0; s < 64; ++s) chorale.steps.push_back({72 + s / 8 % 5, 67, 60, 48});
  return music::chorale_score(chorale, 0.5);
}

TEST(CutPrimer, TakesSecondsBarsOrEventsInWholeSteps) {
  const auto encoding = music::make_encoding("chorale");
  EXPECT_EQ(cut_primer(*encoding, scale_score(), {}).body.size(), 256u);
  EXPECT_EQ(cut_primer(*encoding, scale_score(), {.seconds = 2.0, .bars = {}, .events = {}}).body.size(),
            64u);
  EXPECT_EQ(cut_primer(*encoding, scale_score(), {.seconds = {}, .bars = 1, .events = {}}).body.size(), 64u);
  EXPECT_EQ(cut_primer(*encoding, scale_score(), {.seconds = {}, .bars = {}, .events = 30}).body.size(), 28u);
  EXPECT_THAT(
      error_of(ErrorKind::kData,
               [&] { cut_primer(*encoding, scale_score(), {.seconds = 0.0, .bars = {}, .events = {}}); }),
      ::testing::HasSubstr("the opening contains no note"));
  const auto performance = music::make_encoding("performance");
  music::Score no_bars = scale_score();
  no_bars.bar_lines.clear();
  EXPECT_THAT(error_of(ErrorKind::kData,
                       [&] { cut_primer(*performance, no_bars, {.seconds = {}, .bars = 1, .events = {}}); }),
              ::testing::HasSubstr("the primer has no bars"));
}

TEST(CutPrimer, LeadingSilenceDoesNotShortenAPerformance) {
  const auto encoding = music::make_encoding("performance");
  music::Score late = scale_score();
  for (auto& note : late.notes) note.start += 10, note.end += 10;
  EXPECT_EQ(cut_primer(*encoding, late, {.seconds = 12.0, .bars = {}, .events = {}}).body,
            cut_primer(*encoding, scale_score(), {.seconds = 2.0, .bars = {}, .events = {}}).body);
}

TEST(Compose, TheSameSeedGivesTheSamePieceWhateverCountAndBatch) {
  const auto encoding = music::make_encoding("chorale");
  const auto model = testing::tiny_model(encoding->vocabulary_size());
  MusicRequest request;
  request.rules.length = {.least_seconds = 2, .most_seconds = 3};
  request.seed = 11;
  request.count = 5;
  const auto five = compose(*model, encoding, request);
  request.count = 1;
  request.first_sample = 3;
  request.batch_size = 1;
  const auto one = compose(*model, encoding, request);
  EXPECT_EQ(one.pieces[0].body, five.pieces[3].body);
  EXPECT_NE(five.pieces[0].body, five.pieces[1].body);
  EXPECT_GT(five.events_per_second(), 0);
}

TEST(Compose, ThePrimerStaysAndTheContinuationBeginsBehindIt) {
  const auto encoding = music::make_encoding("chorale");
  const auto model = testing::tiny_model(encoding->vocabulary_size());
  MusicRequest request;
  request.opening = cut_primer(*encoding, scale_score(), {.seconds = {}, .bars = 1, .events = {}});
  request.rules.length = {.least_seconds = 4, .most_seconds = 5};
  const auto composed = compose(*model, encoding, request).pieces.at(0);
  ASSERT_GE(composed.body.size(), request.opening.body.size());
  EXPECT_TRUE(std::equal(request.opening.body.begin(), request.opening.body.end(), composed.body.begin()));
  EXPECT_NEAR(composed.primer_seconds, 16 * 0.15, 1e-9);
  EXPECT_NEAR(static_cast<double>(composed.body.size()), 5 / 0.15 * 4, 30);
}

}  // namespace
}  // namespace heed::tasks
