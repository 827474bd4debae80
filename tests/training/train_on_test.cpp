// SPDX-License-Identifier: Apache-2.0
// Runs that are finished and train on.
#include <optional>
#include <sstream>
#include <stdexcept>

#include "tests/core/expect_error.h"
#include "toy_objective.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/training/checkpoint.h"
#include "heed/training/schedule.h"
#include "heed/training/step_plan.h"
#include "heed/training/trainer.h"

namespace heed::training {
namespace {
namespace fs = std::filesystem;

constexpr int64_t kSteps = 10, kMore = 24, kNoKill = -1;

TrainResult go_on(const fs::path& run, const TrainingOptions& options, std::optional<int64_t> until = {},
                  int64_t killed_at = kNoKill) {
  ToyObjective objective;
  objective.on_batch = [&](int64_t index) {
    if (index == killed_at) throw std::runtime_error("killed");  // nothing is saved
  };
  return train(objective, options, run, {.resume = true, .until_step = until});
}

std::vector<double> learning_rates(const fs::path& run) {
  std::vector<double> rates;
  std::istringstream in(read_text(run / "metrics.jsonl"));
  for (std::string line; std::getline(in, line);) {
    const auto json = nlohmann::json::parse(line);
    if (json.contains("train/learning_rate")) rates.push_back(json["train/learning_rate"]);
  }
  return rates;
}

TEST(TrainOn, AFinishedRunIsSaidToBeFinishedAndStaysAsItIs) {
  const auto options = toy_options(kSteps);
  const TemporaryFolder folder;
  EXPECT_FALSE(go_on(folder / "run", options).was_finished);
  const std::string before = fingerprint(folder / "run", kSteps);
  const auto result = go_on(folder / "run", options);
  EXPECT_TRUE(result.was_finished);
  EXPECT_EQ(result.step, kSteps);
  EXPECT_EQ(fingerprint(folder / "run", kSteps), before);
}

TEST(TrainOn, TheTailIsExactWhereverItIsKilled) {
  for (const char* schedule : {"noam", "cosine", "constant"}) {
    auto options = toy_options(kSteps);
    options.schedule = schedule;
    const TemporaryFolder folder;
    go_on(folder / "straight", options);
    fs::copy(folder / "straight", folder / "finished", fs::copy_options::recursive);
    go_on(folder / "straight", options, kMore);
    const std::string expected = fingerprint(folder / "straight", kMore);
    for (int64_t killed_at = kSteps; killed_at < kMore; ++killed_at) {
      const fs::path run = folder / ("killed-" + std::to_string(killed_at));
      fs::copy(folder / "finished", run, fs::copy_options::recursive);
      EXPECT_THROW(go_on(run, options, kMore, killed_at), std::runtime_error);
      EXPECT_EQ(go_on(run, options).step, kMore) << "the plan is stored: nothing need be said again";
      EXPECT_EQ(fingerprint(run, kMore), expected) << schedule << ", killed at " << killed_at;
    }
  }
}

TEST(TrainOn, NoamAndConstantGoOnAsInALongerRun) {
  for (const char* schedule : {"noam", "constant"}) {
    auto options = toy_options(kSteps);
    options.schedule = schedule;
    options.log_every = 1;
    const TemporaryFolder folder;
    go_on(folder / "run", options);
    go_on(folder / "run", options, kMore);
    auto longer = options;
    longer.steps = kMore;
    go_on(folder / "longer", longer);
    EXPECT_EQ(learning_rates(folder / "run"), learning_rates(folder / "longer")) << schedule;
  }
}

TEST(TrainOn, CosineGoesOnAlongTheCurveOfALongerRun) {
  const auto options = toy_options(kSteps);
  auto longer = options;
  longer.steps = kMore;
  StepPlan plan(options);
  plan.extend(options, kSteps, kMore);
  for (int64_t step = kSteps + 1; step <= kMore; ++step) {
    EXPECT_NEAR(scheduled_learning_rate(options, plan.position(step)),
                scheduled_learning_rate(longer, static_cast<double>(step)), 1e-12)
        << step;
  }
  plan.extend(options, kMore, 2 * kMore);  // and once more
  longer.steps = 2 * kMore;
  EXPECT_NEAR(scheduled_learning_rate(options, plan.position(kMore + 1)),
              scheduled_learning_rate(longer, static_cast<double>(kMore + 1)), 1e-12);
  EXPECT_NEAR(scheduled_learning_rate(options, plan.position(2 * kMore)), 0, 1e-12);
}

TEST(TrainOn, AnEarlyStopIsForgottenEvenAfterAKill) {
  auto options = toy_options(kMore);
  options.patience = 1;
  const TemporaryFolder folder;
  {
    ToyObjective objective;
    objective.judge = [n = 0.0](double) mutable { return ++n; };  // never better than the first
    EXPECT_TRUE(train(objective, options, folder / "run").early_stopped);
  }
  EXPECT_TRUE(go_on(folder / "run", options).was_finished);
  const int64_t stopped = checkpoint_steps(folder / "run").front();
  options.patience = 0;
  EXPECT_THROW(go_on(folder / "run", options, kMore, stopped + 1), std::runtime_error);
  const auto result = go_on(folder / "run", options);
  EXPECT_EQ(result.step, kMore);
  EXPECT_FALSE(result.was_finished);
}

TEST(TrainOn, AnUnfinishedRunMayGetAnotherEnd) {
  const auto options = toy_options(kMore);
  const TemporaryFolder folder;
  EXPECT_THROW(go_on(folder / "run", options, {}, kSteps), std::runtime_error);
  EXPECT_EQ(go_on(folder / "run", options, kSteps + 1).step, kSteps + 1);
}

TEST(TrainOn, AStepThatIsDoneIsNoEnd) {
  const auto options = toy_options(kSteps);
  const TemporaryFolder folder;
  go_on(folder / "run", options);
  EXPECT_THAT(error_of(ErrorKind::kUsage, [&] { go_on(folder / "run", options, kSteps); }),
              testing::HasSubstr("has done 10 steps already"));
  EXPECT_FALSE(fs::exists(folder / "run/plan.json"));
}

TEST(TrainOn, AFinishedRunTrainsOnForSomeMinutes) {
  for (const double minutes_before : {0.0, 1.0}) {
    auto options = toy_options(kSteps);
    options.minutes = minutes_before;
    const TemporaryFolder folder;
    double now = 0;
    const auto session = [&](std::optional<double> more, double pace) {
      ToyObjective objective;
      objective.on_batch = [&](int64_t) { now += pace; };
      const TrainControl control{.resume = true, .more_minutes = more, .clock = [&] { return now; }};
      return train(objective, options, folder / "run", control);
    };
    const auto first = session({}, 0.5);
    const double began = now;
    const auto second = session(2.0, 0.25);
    EXPECT_NEAR(now - began, 120, 6) << "after " << minutes_before << " minutes";
    EXPECT_GT(second.step, first.step + 300);
    EXPECT_TRUE(session({}, 0.25).was_finished);
    EXPECT_EQ(read_plan(folder / "run", options).parts.back().steps, second.step);
  }
}

}  // namespace
}  // namespace heed::training
