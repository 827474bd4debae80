// SPDX-License-Identifier: Apache-2.0
#include "heed/training/trainer.h"

#include <chrono>
#include <csignal>
#include <fstream>
#include <set>
#include <thread>

#include "tests/core/expect_error.h"
#include "toy_objective.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <ATen/ATen.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/training/checkpoint.h"
#include "heed/training/plan.h"
#include "heed/training/run_folder.h"

namespace heed::training {
namespace {
namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const TrainControl kResume{.resume = true};

std::vector<nlohmann::json> metrics_of(const fs::path& run) {
  std::vector<nlohmann::json> lines;
  std::ifstream in(run / "metrics.jsonl");
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

/// Returns the value of `name` at `step`; fails unless it occurs exactly once.
double metric(const fs::path& run, const std::string& name, int64_t step) {
  std::vector<double> found;
  for (const auto& line : metrics_of(run)) {
    if (line["step"] == step && line.contains(name)) found.push_back(line[name]);
  }
  EXPECT_EQ(found.size(), 1u) << name << " at " << step;
  return found.empty() ? 0 : found.front();
}

/// Flips one byte in the middle of a file.
void damage(const fs::path& file) {
  auto bytes = read_bytes(file);
  bytes[bytes.size() / 2] ^= std::byte{1};
  write_atomically(file, bytes);
}

TEST(Trainer, LearnsAndKeepsTheBestModel) {
  const TemporaryFolder folder;
  ToyObjective objective;
  auto options = toy_options(200);
  options.moving_average = 0;
  options.checkpoint_every = options.validate_every = 50;
  const TrainResult result = train(objective, options, folder / "run");
  EXPECT_EQ(result.step, 200);
  EXPECT_FALSE(result.interrupted);
  EXPECT_GT(*result.first, 2);
  EXPECT_LT(*result.best, 0.5);
  ToyObjective fresh;
  load_weights(fresh.module(), folder / "run/model.safetensors");
  fresh.module().eval();
  EXPECT_DOUBLE_EQ(fresh.validate().watched(), *result.best);
  EXPECT_DOUBLE_EQ(metric(folder / "run", "valid/nll", result.best_step), *result.best);
  EXPECT_EQ(read_text(folder / "run/vocabulary.txt"), "0 to 10\n");
}

TEST(Trainer, ResumingEqualsNotStoppingWhereverItStopped) {
  const auto options = toy_options();
  const std::string expected = undisturbed(options);
  // 0 stops before the first step ends; 3 to 5 are around a checkpoint, 5 and 6 around a validation, 23 is
  // before the end.
  for (const int64_t index : {0, 2, 3, 4, 5, 11, 22, 23}) {
    const TemporaryFolder folder;
    ToyObjective first;
    first.on_batch = [&](int64_t i) {
      if (i == index) std::raise(SIGTERM);
    };
    const TrainResult stopped = train(first, options, folder / "run");
    EXPECT_TRUE(stopped.interrupted);
    EXPECT_EQ(stopped.step, index + 1) << "the step is finished";
    ToyObjective second;
    const TrainResult result = train(second, options, folder / "run", kResume);
    EXPECT_FALSE(result.interrupted);
    EXPECT_EQ(fingerprint(folder / "run", options.steps), expected) << "stopped at index " << index;
  }
}

TEST(Trainer, StoppingAfterEveryStepEqualsNotStopping) {
  auto options = toy_options(13);
  options.accumulation = 2;
  const std::string expected = undisturbed(options);
  const TemporaryFolder folder;
  int sessions = 0;
  for (bool interrupted = true; interrupted; ++sessions) {
    ASSERT_LT(sessions, 20);
    ToyObjective objective;
    objective.on_batch = [](int64_t) {
      std::raise(SIGINT);
      std::signal(SIGINT, SIG_IGN);
    };
    interrupted = train(objective, options, folder / "run", kResume).interrupted;
  }
  EXPECT_EQ(sessions, 14);
  EXPECT_EQ(fingerprint(folder / "run", options.steps), expected);
}

TEST(Trainer, AFinishedRunResumesToItself) {
  const TemporaryFolder folder;
  const auto options = toy_options();
  ToyObjective objective;
  train(objective, options, folder / "run");
  const std::string before = fingerprint(folder / "run", options.steps);
  ToyObjective again;
  again.on_batch = [](int64_t) { FAIL() << "nothing is left to train"; };
  EXPECT_EQ(train(again, options, folder / "run", kResume).step, options.steps);
  EXPECT_EQ(fingerprint(folder / "run", options.steps), before);
}

TEST(Trainer, AFolderWithARunIsNotOverwritten) {
  const TemporaryFolder folder;
  ToyObjective objective;
  train(objective, toy_options(4), folder / "run");
  EXPECT_THAT(error_of(ErrorKind::kUsage, [&] { train(objective, toy_options(4), folder / "run"); }),
              HasSubstr("already has a training run"));
}

TEST(Trainer, TwoTrainingsDoNotShareAFolder) {
  const TemporaryFolder folder;
  ToyObjective objective, intruder;
  objective.on_batch = [&](int64_t) {
    EXPECT_THAT(
        error_of(ErrorKind::kSystem, [&] { train(intruder, toy_options(4), folder / "run", kResume); }),
        HasSubstr("another process is training in this folder"));
  };
  train(objective, toy_options(2), folder / "run");
}

TEST(Trainer, ADamagedNewestCheckpointFallsBackToTheOneBefore) {
  const auto options = toy_options();
  const std::string expected = undisturbed(options);
  for (const char* name :
       {"model.safetensors", "optimizer.safetensors", "random.safetensors", "state.json", "manifest.json"}) {
    const TemporaryFolder folder;
    ToyObjective first;
    first.on_batch = [](int64_t i) {
      if (i == 13) std::raise(SIGTERM);
    };
    train(first, options, folder / "run");
    damage(checkpoint_folder(folder / "run", 14) / name);
    fs::remove(checkpoint_folder(folder / "run", 12) / name);
    EXPECT_EQ(newest_checkpoint(folder / "run"), checkpoint_folder(folder / "run", 8)) << name;
    ToyObjective second;
    train(second, options, folder / "run", kResume);
    EXPECT_EQ(fingerprint(folder / "run", options.steps), expected) << name;
  }
}

TEST(Trainer, WithoutAnIntactCheckpointItSaysSoInsteadOfStartingOver) {
  const TemporaryFolder folder;
  ToyObjective objective;
  train(objective, toy_options(1), folder / "run");
  for (const int64_t step : checkpoint_steps(folder / "run")) {
    fs::resize_file(checkpoint_folder(folder / "run", step) / "model.safetensors", 9);
  }
  EXPECT_THAT(
      error_of(ErrorKind::kCheckpoint, [&] { train(objective, toy_options(8), folder / "run", kResume); }),
      HasSubstr("none of the run's checkpoints is intact"));
}

TEST(Trainer, KeepsTheNewestCheckpoints) {
  const TemporaryFolder folder;
  ToyObjective objective;
  auto options = toy_options(22);
  options.keep_checkpoints = 2;
  train(objective, options, folder / "run");
  EXPECT_THAT(checkpoint_steps(folder / "run"), ElementsAre(22, 20, 16));
}

TEST(Trainer, StepsWithoutAFiniteLossAreSkippedAndCounted) {
  const TemporaryFolder folder;
  ToyObjective objective;
  std::vector<at::Tensor> before;
  objective.poisons = [](int64_t index) { return index == 5 || index == 6 || index == 15; };
  objective.on_batch = [&](int64_t index) {
    if (index == 5 || index == 7) before.push_back(objective.model->hidden->weight.detach().clone());
  };
  const TrainResult result = train(objective, toy_options(), folder / "run");
  EXPECT_EQ(result.skipped, 3);
  EXPECT_EQ(result.rollbacks, 0);
  EXPECT_TRUE(at::equal(before.at(0), before.at(1))) << "a skipped step changes no weight";
  EXPECT_LT(*result.best, *result.first);
}

/// Poisons indices 10 to 14 the first time each occurs, like a spike that half the learning rate avoids.
void poison_once(ToyObjective& objective) {
  auto seen = std::make_shared<std::set<int64_t>>();
  objective.poisons = [seen](int64_t index) {
    return index >= 10 && index <= 14 && seen->insert(index).second;
  };
}

TEST(Trainer, FiveSkipsInARowGoBackToTheLastCheckpointAtHalfTheRate) {
  const TemporaryFolder folder;
  auto options = toy_options();
  options.log_every = 1;
  ToyObjective calm, spiky;
  train(calm, options, folder / "calm");
  poison_once(spiky);
  const TrainResult result = train(spiky, options, folder / "spiky");
  EXPECT_EQ(result.skipped, 5);
  EXPECT_EQ(result.rollbacks, 1);
  EXPECT_EQ(result.step, options.steps);
  EXPECT_EQ(metric(folder / "spiky", "train/loss", 8), metric(folder / "calm", "train/loss", 8));
  for (const int64_t step : {9, 11, 15, 24}) {
    EXPECT_DOUBLE_EQ(metric(folder / "spiky", "train/learning_rate", step),
                     metric(folder / "calm", "train/learning_rate", step) / 2);
  }
}

TEST(Trainer, GoingBackIsTheSameAfterAnInterrupt) {
  const TemporaryFolder folder;
  const auto options = toy_options();
  ToyObjective whole, first, second;
  poison_once(whole);
  train(whole, options, folder / "whole");
  first.on_batch = [](int64_t i) {
    if (i == 8) std::raise(SIGTERM);
  };
  EXPECT_EQ(train(first, options, folder / "parts").step, 9);
  poison_once(second);
  EXPECT_EQ(train(second, options, folder / "parts", kResume).rollbacks, 1);
  EXPECT_EQ(fingerprint(folder / "parts", options.steps), fingerprint(folder / "whole", options.steps));
}

TEST(Trainer, GivesUpAfterTenHalvings) {
  const TemporaryFolder folder;
  ToyObjective objective;
  objective.poisons = [](int64_t index) { return index >= 6; };
  try {
    train(objective, toy_options(), folder / "run");
    FAIL() << "trained on losses that are not numbers";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kSystem);
    EXPECT_THAT(error.what(), HasSubstr("after halving the learning rate 10 times"));
  }
  EXPECT_EQ(newest_checkpoint(folder / "run"), checkpoint_folder(folder / "run", 4));
}

TEST(Trainer, TwoHalvesEqualOneBatch) {
  const TemporaryFolder folder;
  auto options = toy_options(10);
  options.clip_norm = 0.1;
  ToyObjective whole({.dropout = 0}), halves({.dropout = 0, .parts = 2});
  train(whole, options, folder / "whole");
  options.accumulation = 2;
  train(halves, options, folder / "halves");
  for (const auto& p : whole.module().named_parameters()) {
    EXPECT_TRUE(at::allclose(p.value(), halves.module().named_parameters()[p.key()], 1e-4, 1e-5)) << p.key();
  }
}

TEST(Trainer, TheBestModelIsTheMovingAverage) {
  const TemporaryFolder folder;
  auto options = toy_options(12);
  options.validate_every = 4;
  ToyObjective objective;
  const TrainResult result = train(objective, options, folder / "run");
  const fs::path checkpoint = checkpoint_folder(folder / "run", result.best_step);
  const auto best = Safetensors::read(folder / "run/model.safetensors");
  const auto average = Safetensors::read(checkpoint / "average.safetensors");
  const auto raw = Safetensors::read(checkpoint / "model.safetensors");
  const auto weight = [](const Safetensors& file) { return to_tensor(file.at("hidden.weight")); };
  EXPECT_TRUE(at::equal(weight(best), weight(average)));
  EXPECT_FALSE(at::equal(weight(best), weight(raw)));
}

TEST(Trainer, StopsEarlyAndStaysStopped) {
  const TemporaryFolder folder;
  auto options = toy_options(100);
  options.patience = 2;
  ToyObjective objective;
  double worse = 1;
  objective.judge = [&](double) { return worse += 1; };
  const TrainResult result = train(objective, options, folder / "run");
  EXPECT_TRUE(result.early_stopped);
  EXPECT_EQ(result.step, 12) << "validations at 0, 6 and 12";
  EXPECT_EQ(result.best_step, 0);
  EXPECT_EQ(train(objective, options, folder / "run", kResume).step, 12);
}

TEST(Trainer, TheBestModelAndEarlyStopFollowTheMetricThatTheTaskWatchesInItsDirection) {
  const TemporaryFolder folder;
  auto options = toy_options(100);
  options.patience = 3;
  ToyObjective objective({.watch_accuracy = true});
  std::vector<double> said{0.25, 0.5, 0.375, 0.75, 0.75, 0.5, 0.625};
  size_t next = 0;
  objective.judge = [&](double) { return said.at(next++); };
  const TrainResult result = train(objective, options, folder / "run");
  EXPECT_TRUE(result.early_stopped);
  EXPECT_EQ(result.step, 36) << "validations at 0, 6, ... and 36";
  EXPECT_EQ(result.watch, "accuracy");
  EXPECT_EQ(*result.first, 0.25);
  EXPECT_EQ(*result.best, 0.75);
  EXPECT_EQ(*result.last, 0.625);
  EXPECT_EQ(result.best_step, 18);
  EXPECT_EQ(metric(folder / "run", "valid/accuracy", 18), 0.75);
  EXPECT_GT(metric(folder / "run", "valid/nll", 18), 0);
  const TrainResult again = train(objective, options, folder / "run", kResume);
  EXPECT_EQ(*again.best, 0.75);
  EXPECT_TRUE(again.early_stopped);
}

/// Accuracies and losses of successive validations.
struct Said {
  std::vector<double> accuracy, nll;
  size_t next = 0;

  void by(ToyObjective& objective) {
    objective.judge_second = [this](double) { return nll.at(next); };
    objective.judge = [this](double) { return accuracy.at(next++); };
  }
};

TEST(Trainer, OfTwoMetricsEitherResetsThePatienceAndBothKeepTheWeights) {
  const TemporaryFolder folder;
  auto options = toy_options(100);
  options.patience = 2;
  //             step  0    6    12   18   24   30   36
  Said said{.accuracy{0.2, 0.5, 0.5, 0.4, 0.5, 0.4, 0.4},  // as good at 24: the patience begins again
            .nll{2.0, 1.0, 0.9, 0.8, 1.0, 0.9, 0.9}};      // as good at 18
  ToyObjective objective({.watch_both = true});
  said.by(objective);
  const TrainResult result = train(objective, options, folder / "run");
  EXPECT_TRUE(result.early_stopped);
  EXPECT_EQ(result.step, 36);
  EXPECT_EQ(result.best_step, 12) << "the last at which both were as good as before";
  EXPECT_EQ(*result.best, 0.5);
  EXPECT_EQ(metric(folder / "run", "valid/nll", 18), 0.8);
}

TEST(Trainer, RecordsOfTwoMetricsOutliveAnInterrupt) {
  const TemporaryFolder folder;
  auto options = toy_options(18);
  options.checkpoint_every = 6;
  ToyObjective before({.watch_both = true}), after({.watch_both = true});
  Said first{.accuracy{0.2, 0.6, 0.5, 0.5}, .nll{2.0, 1.0, 0.5, 0.6}};
  first.by(before);
  train(before, options, folder / "run");
  Said then{.accuracy{0.6, 0.5},
            .nll{0.6, 0.5}};  // 0.5, at step 12, is the record though its weights were not kept
  then.by(after);
  TrainControl on = kResume;
  on.until_step = 30;
  const TrainResult result = train(after, options, folder / "run", on);
  EXPECT_EQ(result.step, 30);
  EXPECT_EQ(result.best_step, 6);
}

TEST(Trainer, AWatchedAccuracyRisesWithTraining) {
  const TemporaryFolder folder;
  ToyObjective objective({.watch_accuracy = true});
  auto options = toy_options(200);
  options.moving_average = 0;
  options.checkpoint_every = options.validate_every = 20;
  const TrainResult result = train(objective, options, folder / "run");
  EXPECT_GT(*result.best, *result.first);
  ToyObjective best({.watch_accuracy = true});
  load_weights(best.module(), folder / "run/model.safetensors");
  best.module().eval();
  EXPECT_EQ(best.validate().watched(), *result.best);
}

TEST(Trainer, ARunThatWatchedAnotherMetricIsNotGoneOnWith) {
  const TemporaryFolder folder;
  ToyObjective before, now({.watch_accuracy = true});
  train(before, toy_options(8), folder / "run");
  EXPECT_THAT(error_of(ErrorKind::kCheckpoint, [&] { train(now, toy_options(20), folder / "run", kResume); }),
              HasSubstr("but the task now watches '"));
}

TEST(TrainingState, KeepsTheNamesOfRunsThatWatchTheNegativeLogLikelihood) {
  TrainingState state;
  state.best = 1.5;
  const std::string text = format_state(state);
  EXPECT_THAT(text, HasSubstr("\"best_nll\": 1.5"));
  EXPECT_THAT(text, Not(HasSubstr("watch")));
  EXPECT_EQ(parse_state(text, "test").best, 1.5);
  state.watch = "accuracy";
  state.lower_is_better = false;
  state.second_record = 0.25;
  const TrainingState read = parse_state(format_state(state), "test");
  EXPECT_EQ(read.watch, "accuracy");
  EXPECT_FALSE(read.lower_is_better);
  EXPECT_FALSE(read.record);
  EXPECT_EQ(read.second_record, 0.25);
  EXPECT_EQ(read.best, 1.5);
}

TEST(Trainer, APathUnderAFileIsASystemError) {
  const TemporaryFolder folder;
  write_atomically(folder / "file", "not a folder");
  ToyObjective objective;
  EXPECT_THAT(error_of(ErrorKind::kSystem, [&] { train(objective, toy_options(2), folder / "file/run"); }),
              HasSubstr("file/run"));
}

TEST(Plan, LeavesWeightsAndRandomStateAsTheyWere) {
  const TemporaryFolder folder;
  auto options = toy_options();
  const std::string expected = undisturbed(options);
  ToyObjective objective;
  objective.on_batch = [](int64_t) { std::this_thread::sleep_for(std::chrono::milliseconds(3)); };
  const Plan plan = plan_steps(objective, options, 0.02);
  EXPECT_GT(plan.steps, 1);
  EXPECT_GE(plan.seconds_per_step, 0.003);
  EXPECT_LE(plan.seconds_per_step * static_cast<double>(plan.steps), 1.2) << "0.02 minutes";
  objective.on_batch = [](int64_t) {};
  train(objective, options, folder / "run");
  EXPECT_EQ(fingerprint(folder / "run", options.steps), expected);
}

TEST(Plan, FillsTheTimeWithStepsAndTheirValidations) {
  ToyObjective objective;
  auto options = toy_options();
  const double minutes = 0.5;
  const Plan plan = plan_steps(objective, options, minutes);
  const double validations =
      static_cast<double>(plan.steps) / static_cast<double>(options.validate_every) + 2;
  const double expected =
      static_cast<double>(plan.steps) * plan.seconds_per_step + validations * plan.seconds_per_validation;
  EXPECT_LE(expected, 60 * minutes);
  EXPECT_GE(expected, 0.9 * 60 * minutes);
}

TEST(Plan, IsAtLeastOneStepAndShortensTheWarmUp) {
  ToyObjective objective;
  auto options = toy_options();
  const Plan plan = plan_steps(objective, options, 1e-9);
  EXPECT_EQ(plan.steps, 1);
  apply_plan(options, plan);
  EXPECT_EQ(options.steps, 1);
  EXPECT_EQ(options.minutes, 1e-9) << "the trainer keeps to it";
  EXPECT_EQ(options.warmup_steps, 1);
}

TEST(DryRun, CountsParametersAndExpectsTime) {
  ToyObjective objective;
  objective.on_batch = [](int64_t) { std::this_thread::sleep_for(std::chrono::milliseconds(5)); };
  const DryRun dry = dry_run(objective, toy_options(1000));
  EXPECT_EQ(dry.parameters, 11 * 16 + 2 * 16 + 16 * 64 + 64 + 64 * 11 + 11);
  EXPECT_GT(dry.peak_bytes, 1e6);
  EXPECT_LE(dry.tokens_per_second, 16 / 0.005) << "16 tokens a step of at least 5 ms";
  EXPECT_GE(dry.tokens_per_second, 16 / 0.5);
  EXPECT_GE(dry.seconds_expected, 1000 * 0.005);
  EXPECT_LE(dry.seconds_expected, 1000 * 0.5);
}

}  // namespace
}  // namespace heed::training
