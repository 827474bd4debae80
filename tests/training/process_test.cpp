// SPDX-License-Identifier: Apache-2.0
// Runs whose process is killed, asked to stop, or denied the disk. Children are forked, which is safe here
// because toy_objective.cpp limits torch to one thread.
#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "toy_objective.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heed/core/error.h"
#include "heed/training/checkpoint.h"
#include "heed/training/trainer.h"

namespace heed::training {
namespace {
namespace fs = std::filesystem;

const TrainControl kResume{.resume = true};
constexpr int kDone = 0, kSystemError = 42, kOther = 43, kSignalled = 100;

/// Trains in a child process with `prepare` applied to its objective.
pid_t spawn(
    const fs::path& run, const TrainingOptions& options,
    const std::function<void(ToyObjective&)>& prepare = [](ToyObjective&) {}) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  int code = kOther;
  try {
    ToyObjective objective;
    prepare(objective);
    const TrainResult result = train(objective, options, run, kResume);
    code = result.interrupted ? kSignalled + result.signal : kDone;
  } catch (const Error& error) {
    code = error.kind() == ErrorKind::kSystem ? kSystemError : kOther;
  } catch (...) {
  }
  ::_exit(code);
}

int wait_for(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(TrainingProcess, KilledAtTwentyRandomMomentsItEndsWhereAnUndisturbedRunEnds) {
  const auto options = toy_options(40);
  const auto begin = std::chrono::steady_clock::now();
  const std::string expected = undisturbed(options);
  const double whole = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const unsigned seed = 20;
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> moment(0, whole / 3);
  auto folder = std::make_unique<TemporaryFolder>();
  int kills = 0;
  for (int attempt = 0; attempt < 200 && kills < 20; ++attempt) {
    const pid_t child = spawn(*folder / "run", options);
    std::this_thread::sleep_for(std::chrono::duration<double>(moment(random)));
    ::kill(child, SIGKILL);
    const int status = wait_for(child);
    if (WIFSIGNALED(status)) {
      ++kills;
      continue;
    }
    ASSERT_EQ(WEXITSTATUS(status), kDone) << "kill " << kills << ", seed " << seed;
    EXPECT_EQ(fingerprint(*folder / "run", options.steps), expected) << "kill " << kills << ", seed " << seed;
    folder = std::make_unique<TemporaryFolder>();
  }
  EXPECT_EQ(kills, 20);
  ASSERT_EQ(WEXITSTATUS(wait_for(spawn(*folder / "run", options))), kDone);
  EXPECT_EQ(fingerprint(*folder / "run", options.steps), expected);
  for (const auto& entry : fs::directory_iterator(*folder / "run/checkpoints")) {
    EXPECT_EQ(entry.path().filename().string().find(".new-"), std::string::npos) << "leftovers are cleared";
  }
}

void wait_for_checkpoints(const fs::path& run, size_t count) {
  while (checkpoint_steps(run).size() < count) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

TEST(TrainingProcess, EachSignalThatAsksToStopFinishesTheStepAndSaves) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) {
    auto options = toy_options(100000);
    options.schedule = "constant";  // has no end that a shorter run would not share
    const TemporaryFolder folder;
    const pid_t child = spawn(folder / "run", options);
    wait_for_checkpoints(folder / "run", 2);
    ::kill(child, signal);
    EXPECT_EQ(WEXITSTATUS(wait_for(child)), kSignalled + signal);
    options.steps = checkpoint_steps(folder / "run").front() + 3;
    EXPECT_EQ(WEXITSTATUS(wait_for(spawn(folder / "run", options))), kDone);
    EXPECT_EQ(fingerprint(folder / "run", options.steps), undisturbed(options)) << "signal " << signal;
  }
}

TEST(TrainingProcess, ATerminalThatClosesMayHangUpTwice) {
  const TemporaryFolder folder;
  const pid_t child = spawn(folder / "run", toy_options(), [](ToyObjective& objective) {
    objective.on_batch = [](int64_t index) {
      if (index != 9) return;
      std::raise(SIGHUP);
      std::raise(SIGHUP);
    };
  });
  EXPECT_EQ(WEXITSTATUS(wait_for(child)), kSignalled + SIGHUP);
  EXPECT_EQ(checkpoint_steps(folder / "run").front(), 10);
}

TEST(TrainingProcess, AHangUpThatIsIgnoredStaysIgnored) {
  const auto options = toy_options();
  const TemporaryFolder folder;
  const pid_t child = spawn(folder / "run", options, [](ToyObjective& objective) {
    std::signal(SIGHUP, SIG_IGN);  // as nohup does
    objective.on_batch = [](int64_t index) {
      if (index == 9) std::raise(SIGHUP);
    };
  });
  EXPECT_EQ(WEXITSTATUS(wait_for(child)), kDone);
  EXPECT_EQ(fingerprint(folder / "run", options.steps), undisturbed(options));
}

TEST(TrainingProcess, AReaderOfTheProgressThatEndsDoesNotEndIt) {
  const TemporaryFolder folder;
  const pid_t child = spawn(folder / "run", toy_options(), [](ToyObjective& objective) {
    objective.on_batch = [](int64_t index) {
      if (index == 9) std::raise(SIGPIPE);
    };
  });
  EXPECT_EQ(WEXITSTATUS(wait_for(child)), kDone);
}

TEST(TrainingProcess, ASecondInterruptEndsItAtOnce) {
  const TemporaryFolder folder;
  const pid_t child = spawn(folder / "run", toy_options(), [](ToyObjective& objective) {
    objective.on_batch = [](int64_t index) {
      if (index != 9) return;
      std::raise(SIGINT);
      std::raise(SIGINT);
    };
  });
  const int status = wait_for(child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGINT);
}

TEST(TrainingProcess, AFullDiskIsAClearErrorAndKeepsTheCheckpointBefore) {
  const auto options = toy_options();
  const std::string expected = undisturbed(options);
  const TemporaryFolder folder;
  const pid_t child = spawn(folder / "run", options, [](ToyObjective& objective) {
    std::signal(SIGXFSZ, SIG_IGN);
    objective.on_batch = [](int64_t index) {
      const rlimit limit{4000, 4000};  // less than a weights file
      if (index == 14) ::setrlimit(RLIMIT_FSIZE, &limit);
    };
  });
  EXPECT_EQ(WEXITSTATUS(wait_for(child)), kSystemError);
  EXPECT_EQ(newest_checkpoint(folder / "run"), checkpoint_folder(folder / "run", 12));
  EXPECT_EQ(WEXITSTATUS(wait_for(spawn(folder / "run", options))), kDone);
  EXPECT_EQ(fingerprint(folder / "run", options.steps), expected);
}

}  // namespace
}  // namespace heed::training
