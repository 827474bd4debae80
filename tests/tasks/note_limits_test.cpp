// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/note_limits.h"

#include <filesystem>
#include <fstream>

#include "tests/core/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/data/music/performance.h"
#include "heed/tasks/music/training_progress.h"

namespace heed::tasks {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A thousand notes of a tenth of a second, two of 5 s, and three at once.
music::Corpus corpus() {
  std::vector<music::Note> notes;
  for (int i = 0; i < 1000; ++i)
    notes.push_back({.start = i * 0.2, .end = i * 0.2 + 0.1, .pitch = 40 + i % 30, .velocity = 64});
  for (int i = 0; i < 20; ++i) {
    for (int k = 0; k < 3; ++k)
      notes.push_back({.start = 300.0 + i, .end = 300.5 + i, .pitch = 60 + k, .velocity = 64});
  }
  for (int i = 0; i < 2; ++i)
    notes.push_back({.start = 400.0 + 9 * i, .end = 405.0 + 9 * i, .pitch = 60, .velocity = 64});
  music::Corpus corpus;
  corpus.encoding = music::make_encoding("performance");
  corpus.splits["train"].push_back({"a", music::encode_performance(notes)});
  notes = {{.start = 0, .end = 60, .pitch = 5, .velocity = 64}};
  corpus.splits["valid"].push_back({"b", music::encode_performance(notes)});
  return corpus;
}

TEST(NoteLimits, AreThoseOfTheTrainingSplit) {
  const auto limits = measure_note_limits(corpus());
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->lowest_pitch, 40);
  EXPECT_EQ(limits->highest_pitch, 69);
  EXPECT_NEAR(limits->longest_seconds, 5, 1e-9);
  EXPECT_EQ(limits->most_notes, 3);
}

TEST(NoteLimits, GoThroughTheConfigAndHaveDefaults) {
  const auto performance = music::make_encoding("performance");
  toml::table config;
  config.insert("about", toml::table{{"notes", note_limits_table(*measure_note_limits(corpus()))}});
  const NoteLimits back = trained_note_limits(config, *performance);
  EXPECT_EQ(back.lowest_pitch, 40);
  EXPECT_EQ(back.most_notes, 3);
  EXPECT_NEAR(back.longest_seconds, 5, 1e-9);
  const NoteLimits usual = trained_note_limits({}, *performance);
  EXPECT_EQ(usual.lowest_pitch, 21);
  EXPECT_EQ(usual.highest_pitch, 108);
  EXPECT_GT(usual.longest_seconds, 0);
  EXPECT_GT(usual.most_notes, 0);
}

TEST(NoteLimits, ChoralesHaveNone) {
  music::Corpus chorales = corpus();
  chorales.encoding = music::make_encoding("chorale");
  EXPECT_FALSE(measure_note_limits(chorales));
  const NoteLimits none = trained_note_limits({}, *chorales.encoding);
  EXPECT_EQ(none.longest_seconds, 0);
  EXPECT_EQ(none.most_notes, 0);
  EXPECT_EQ(none.lowest_pitch, 0);
  EXPECT_EQ(none.highest_pitch, 127);
}

TEST(TrainingProgress, IsTheBestOfTheMetrics) {
  const TemporaryFolder folder;
  EXPECT_FALSE(read_training_progress(folder.path()));
  std::ofstream out(folder.path() / "metrics.jsonl");
  out << "{\"step\": 10, \"train/loss\": 5}\n" << std::flush;
  EXPECT_FALSE(read_training_progress(folder.path())) << "no validation yet";
  out << "{\"step\": 20, \"valid/nll\": 4.5}\nbroken\n{\"step\": 30, \"valid/nll\": 4.75}\n{\"step\": 34}\n"
      << std::flush;
  const auto progress = read_training_progress(folder.path());
  ASSERT_TRUE(progress);
  EXPECT_EQ(progress->steps, 34);
  EXPECT_EQ(progress->valid_loss, 4.5);
}

TEST(TrainingProgress, AModelThatHalvesAGuessIsTrained) {
  EXPECT_THAT(barely_trained_note({.steps = 240, .valid_loss = 3.91}, 390),
              HasSubstr("has seen 240 steps; its validation loss is 3.91 nats, a guess has 5.97"));
  EXPECT_THAT(barely_trained_note({.steps = 240, .valid_loss = 2.9}, 390), IsEmpty());
  EXPECT_THAT(barely_trained_note({.steps = 5, .valid_loss = 2.6}, 132), HasSubstr("barely trained"));
  EXPECT_THAT(barely_trained_note({.steps = 18500, .valid_loss = 0.35}, 132), IsEmpty());
}

}  // namespace
}  // namespace heed::tasks
