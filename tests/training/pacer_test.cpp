// SPDX-License-Identifier: Apache-2.0
// Runs with a time budget, on a clock that the toy objective moves.
#include "heed/training/pacer.h"

#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/core/expect_error.h"
#include "toy_objective.h"
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/training/plan.h"
#include "heed/training/schedule.h"
#include "heed/training/trainer.h"

namespace heed::training {
namespace {
namespace fs = std::filesystem;

constexpr double kBudget = 60;  // seconds
constexpr int64_t kNever = 1 << 30;

TrainingOptions timed_options(int64_t first_plan) {
  auto options = toy_options(first_plan);
  options.minutes = kBudget / 60;
  options.validate_every = 50;
  options.checkpoint_every = 20;
  options.log_every = 1;
  options.final_learning_rate_fraction = 0.125;
  return options;
}

/// A session on a machine whose steps take `pace(seconds on the clock)` and whose validations take five times
/// as long.
struct Session {
  std::function<double(double now)> pace;
  int64_t killed_at = kNever;  ///< index of the step during which the process is killed
  double now = 1000;

  TrainResult train(const TrainingOptions& options, const fs::path& run, bool resume = false) {
    ToyObjective objective;
    const double began = now;
    objective.on_batch = [&](int64_t index) {
      if (index == killed_at) throw std::runtime_error("killed");  // nothing is saved
      now += pace(now - began);
    };
    objective.judge = [&](double nll) {
      now += 5 * pace(now - began);
      return nll;
    };
    return training::train(objective, options, run, {.resume = resume, .clock = [&] { return now; }});
  }
};

std::function<double(double)> steady(double seconds) {
  return [=](double) { return seconds; };
}
std::function<double(double)> changing(double moment, double before, double after) {
  return [=](double now) { return now < moment ? before : after; };
}

nlohmann::json plan_of(const fs::path& run) {
  return nlohmann::json::parse(read_text(run / "plan.json"));
}

/// Returns the lines of metrics up to `step`, without those that depend on the clock.
std::string metrics_until(const fs::path& run, int64_t step) {
  std::string text;
  std::istringstream in(read_text(run / "metrics.jsonl"));
  for (std::string line; std::getline(in, line);) {
    auto json = nlohmann::json::parse(line);
    if (json["step"] > step) continue;
    json.erase("train/seconds");
    json.erase("train/tokens_per_second");
    text += json.dump() + "\n";
  }
  return text;
}

double last_learning_rate(const fs::path& run) {
  double rate = 0;
  std::istringstream in(read_text(run / "metrics.jsonl"));
  for (std::string line; std::getline(in, line);) {
    const auto json = nlohmann::json::parse(line);
    if (json.contains("train/learning_rate")) rate = json["train/learning_rate"];
  }
  return rate;
}

void expect_on_time(const std::function<double(double)>& pace, int64_t first_plan) {
  const TemporaryFolder folder;
  Session session{pace};
  const auto options = timed_options(first_plan);
  const TrainResult result = session.train(options, folder / "run");
  EXPECT_NEAR(session.now - 1000, kBudget, 0.05 * kBudget);
  EXPECT_NEAR(result.seconds, session.now - 1000, 1e-6);
  EXPECT_EQ(result.step, plan_of(folder / "run")["parts"].back()["steps"]);
  EXPECT_NEAR(last_learning_rate(folder / "run"), 0.125 * options.learning_rate, 1e-9);
}

TEST(Pacer, ARunEndsOnTimeAndAtTheEndOfItsScheduleWhereTheRateIsAsPlanned) {
  expect_on_time(steady(0.1), 540);
}

TEST(Pacer, ARunEndsOnTimeWhereItsStepsBecomeThreeTimesSlower) {
  expect_on_time(changing(20, 0.1, 0.3), 540);
}

TEST(Pacer, ARunEndsOnTimeWhereItsStepsBecomeTwentyTimesSlower) {
  expect_on_time(changing(20, 0.02, 0.4), 2700);
}

TEST(Pacer, ARunUsesTheTimeOfAMachineThatBecomesIdle) {
  expect_on_time(changing(20, 0.4, 0.02), 135);
}

TEST(Pacer, ARunEndsOnTimeWhereTheMachineIsBusyNowAndThen) {
  expect_on_time([](double now) { return std::fmod(now, 8) < 3 ? 0.3 : 0.05; }, 540);
}

TEST(Pacer, AMachineThatStandsStillForAMomentDoesNotEndTheRun) {
  const TemporaryFolder folder;
  bool stood = false;
  Session session{[&](double now) {
    if (stood || now < 30) return 0.1;
    stood = true;
    return 16.0;
  }};
  const TrainResult result = session.train(timed_options(540), folder / "run");
  EXPECT_NEAR(session.now - 1000, kBudget, 0.05 * kBudget);
  EXPECT_GT(result.step, 350);
  for (const auto& part : plan_of(folder / "run")["parts"]) EXPECT_LT(part["pace"], 3) << part;
}

TEST(Pacer, AFirstPlanThatNobodyMeasuredIsMended) {
  expect_on_time(steady(0.1), 100000);
  expect_on_time(steady(0.1), 20);
}

TEST(Pacer, TimeSpentOnPlanningIsPartOfTheBudget) {
  const TemporaryFolder folder;
  double now = 0;
  ToyObjective objective;
  objective.on_batch = [&](int64_t) { now += 0.1; };
  const TrainResult result = train(objective, timed_options(540), folder / "run",
                                   {.seconds_spent = 20, .clock = [&] { return now; }});
  EXPECT_NEAR(now, kBudget - 20, 0.05 * kBudget);
  EXPECT_NEAR(result.seconds, now + 20, 1e-6);
}

TEST(Pacer, ARateThatStaysAddsNoPlan) {
  const TemporaryFolder folder;
  Session session{steady(0.1)};
  // 60 s minus one percent contain 540 steps and 11 validations of five steps each.
  EXPECT_EQ(session.train(timed_options(540), folder / "run").step, 540);
  EXPECT_EQ(plan_of(folder / "run")["parts"].size(), 1u);
}

TEST(Pacer, WithoutMinutesNothingIsPlannedAnewAndNothingStored) {
  const TemporaryFolder folder;
  auto options = timed_options(40);
  options.minutes = 0;
  Session session{changing(1, 0.1, 3)};
  EXPECT_EQ(session.train(options, folder / "run").step, 40);
  EXPECT_FALSE(fs::exists(folder / "run/plan.json"));
}

TEST(Pacer, ScheduleWithoutAnEndJustStops) {
  for (const char* schedule : {"noam", "constant"}) {
    const TemporaryFolder folder;
    auto options = timed_options(540);
    options.schedule = schedule;
    Session session{changing(20, 0.1, 0.3)};
    const TrainResult result = session.train(options, folder / "run");
    EXPECT_NEAR(session.now - 1000, kBudget, 0.05 * kBudget);
    const double expected = scheduled_learning_rate(options, static_cast<double>(result.step));
    EXPECT_DOUBLE_EQ(last_learning_rate(folder / "run"), expected) << schedule;
  }
}

TEST(Pacer, StepsDoneAgainAfterAKillFollowTheStoredPlansWhateverTheRateIsThen) {
  const auto options = timed_options(540);
  const auto slows = changing(20, 0.1, 0.3);
  const TemporaryFolder whole;
  Session undisturbed{slows};
  const int64_t end = undisturbed.train(options, whole / "run").step;
  const auto parts = plan_of(whole / "run")["parts"];
  ASSERT_GE(parts.size(), 2u);
  const int64_t changed = parts[1]["from_step"];
  for (const int64_t killed : {changed - 1, changed, changed + 1, changed + 7, end - 1}) {
    for (const double pace_then : {0.02, 0.3, 1.0}) {
      const TemporaryFolder folder;
      Session first{slows, killed}, second{steady(pace_then)};
      EXPECT_THROW(first.train(options, folder / "run"), std::runtime_error);
      second.train(options, folder / "run", /*resume=*/true);
      EXPECT_EQ(metrics_until(folder / "run", killed), metrics_until(whole / "run", killed))
          << "killed at " << killed << ", then " << pace_then << " s a step";
    }
  }
}

TEST(Pacer, KilledAgainAndAgainItRepeatsItsSteps) {
  const auto options = timed_options(540);
  const TemporaryFolder folder;
  std::string known;
  int64_t at = 0;
  for (int kill = 0; kill < 12; ++kill) {
    const int64_t before = at;
    at += kill % 3 == 0 ? 1 : 13;  // checkpoints are 20 steps apart: most sessions repeat steps
    Session session{steady(kill % 2 == 0 ? 0.1 : 0.5), at};
    EXPECT_THROW(session.train(options, folder / "run", /*resume=*/true), std::runtime_error) << at;
    if (kill > 0) {
      EXPECT_EQ(metrics_until(folder / "run", before), known) << "kill " << kill;
    }
    known = metrics_until(folder / "run", at);
  }
}

TEST(Pacer, TwoCopiesOfARunGoOnAlike) {
  const auto options = timed_options(540);
  const TemporaryFolder folder;
  Session killed{changing(20, 0.1, 0.3), 215};
  EXPECT_THROW(killed.train(options, folder / "one"), std::runtime_error);
  fs::copy(folder / "one", folder / "two", fs::copy_options::recursive);
  Session one{steady(0.2)}, two{steady(0.2)};
  const int64_t end = one.train(options, folder / "one", true).step;
  two.train(options, folder / "two", true);
  EXPECT_EQ(fingerprint(folder / "one", end), fingerprint(folder / "two", end));
}

TEST(Pacer, AFinishedRunResumesToItself) {
  const TemporaryFolder folder;
  const auto options = timed_options(540);
  Session session{changing(20, 0.1, 0.3)}, again{steady(0.001)};
  const int64_t end = session.train(options, folder / "run").step;
  const std::string before = fingerprint(folder / "run", end);
  again.killed_at = end;
  EXPECT_EQ(again.train(options, folder / "run", true).step, end);
  EXPECT_EQ(fingerprint(folder / "run", end), before);
}

TEST(StepPlan, TheLearningRateHasNoJumpWhereThePlanChanges) {
  TrainingOptions options;
  options.schedule = "cosine";
  options.steps = 1000;
  options.warmup_steps = 100;
  StepPlan plan(options);
  EXPECT_EQ(plan.position(700), 700);
  plan.change(options, 50, 400);
  plan.change(options, 200, 300);
  EXPECT_EQ(plan.position(50), 50) << "step 50 is done";
  EXPECT_EQ(plan.steps(), 300);
  EXPECT_NEAR(plan.position(300), 1000, 1e-9);
  double rate = 0;
  for (int64_t step = 1; step <= 300; ++step) {
    const double next = scheduled_learning_rate(options, plan.position(step));
    EXPECT_LT(std::abs(next - rate), 0.06 * options.learning_rate) << step;
    rate = next;
  }
  EXPECT_NEAR(rate, 0, 1e-12);
}

TEST(StepPlan, AWarmUpThatWouldTakeMoreThanAQuarterOfTheStepsLeftIsHurried) {
  TrainingOptions options;
  options.schedule = "noam";
  options.steps = 1000;
  options.warmup_steps = 200;
  StepPlan plan(options);
  plan.change(options, 100, 300);
  EXPECT_DOUBLE_EQ(plan.position(150), 200);
  plan.change(options, 200, 500);
  EXPECT_DOUBLE_EQ(plan.position(300) - plan.position(200), 100) << "past the warm-up noam keeps its pace";
}

TEST(StepPlan, IsReadAsItWasWritten) {
  const TemporaryFolder folder;
  const TrainingOptions options;
  StepPlan plan(options);
  plan.change(options, 123, 777);
  plan.kept_until = 130;
  plan.validation_steps = 1.0 / 3;
  write_plan(folder.path(), plan);
  const StepPlan read = read_plan(folder.path(), options);
  EXPECT_EQ(read.steps(), 777);
  EXPECT_EQ(read.kept_until, 130);
  EXPECT_EQ(read.position(500), plan.position(500));
  EXPECT_EQ(read.validation_steps, plan.validation_steps);
  write_atomically(folder / "plan.json",
                   "{\"kept_until\":0,\"validation_steps\":0,\"checkpoint_seconds\":0,\"parts\":[]}");
  EXPECT_THAT(error_of(ErrorKind::kCheckpoint, [&] { read_plan(folder.path(), options); }),
              ::testing::HasSubstr("is not a plan: it has no part"));
}

}  // namespace
}  // namespace heed::training
