// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/team_size.h"

#include <gtest/gtest.h>

namespace heed::nn {
namespace {

/// Steps on a machine where a team and a thread alone take these seconds for a unit of work.
struct Machine {
  double team = 1, alone = 1;
};

struct Spent {
  double seconds = 0;
  int64_t steps = 0, alone = 0;
};

Spent run(TeamSize& size, const Machine& machine, int64_t steps, double work = 1) {
  Spent spent;
  for (int64_t i = 0; i < steps; ++i) {
    const bool alone = size.choose(2) == 1;
    const double seconds = work * (alone ? machine.alone : machine.team);
    size.record(work, seconds);
    spent.seconds += seconds;
    spent.alone += alone ? 1 : 0;
    ++spent.steps;
  }
  return spent;
}

TEST(TeamSize, BeginsWithTheTeam) {
  TeamSize size;
  EXPECT_EQ(size.choose(7), 7);
}

TEST(TeamSize, OnAnIdleMachineTrialsCostOnePercent) {
  TeamSize size;
  run(size, {.team = 1, .alone = 1.9}, 10);
  const Spent spent = run(size, {.team = 1, .alone = 1.9}, 10'000);
  EXPECT_LE(spent.seconds, 1.011 * 10'000);
  EXPECT_GT(spent.alone, 0);
}

TEST(TeamSize, OnABusyMachineAThreadAloneStaysButForTrials) {
  TeamSize size;
  run(size, {.team = 100, .alone = 4}, 10);
  const Spent spent = run(size, {.team = 100, .alone = 4}, 10'000);
  EXPECT_LE(spent.seconds, 1.06 * 4 * 10'000);
}

TEST(TeamSize, ALateStepOfTheTeamChangesNothing) {
  TeamSize size;
  run(size, {.team = 1, .alone = 1.3}, 100);
  int64_t alone_steps = 0;
  for (int64_t i = 0; i < 1'000; ++i) {
    const bool alone = size.choose(2) == 1;
    size.record(1, (alone ? 1.3 : 1) + (i % 50 == 0 ? 100 : 0));
    alone_steps += alone ? 1 : 0;
  }
  EXPECT_LE(alone_steps, 100);
}

TEST(TeamSize, FollowsAMachineThatBecomesBusyWithinSomeSteps) {
  TeamSize size;
  run(size, {.team = 1, .alone = 1.9}, 1'000);
  const Spent first = run(size, {.team = 100, .alone = 4}, 20);
  EXPECT_GE(first.alone, 11);
}

TEST(TeamSize, FollowsAMachineThatBecomesIdleAgain) {
  TeamSize size;
  run(size, {.team = 100, .alone = 4}, 1'000);
  run(size, {.team = 1, .alone = 1.9}, 1'200);  // a trial of the busy team's length is worth 5 % of this
  const Spent after = run(size, {.team = 1, .alone = 1.9}, 1'000);
  EXPECT_LE(after.alone, 10);
}

/// A team whose turns come at the same time now and then.
TEST(TeamSize, OneLuckyStepOfTheTeamDoesNotBringItBack) {
  TeamSize size;
  run(size, {.team = 100, .alone = 4}, 10);
  int64_t team_steps = 0;
  double seconds = 0;
  for (int64_t i = 0; i < 10'000; ++i) {
    const bool alone = size.choose(2) == 1;
    team_steps += alone ? 0 : 1;
    const double took = alone ? 4 : team_steps % 2 == 0 ? 1 : 100;
    size.record(1, took);
    seconds += took;
  }
  EXPECT_LE(seconds, 1.1 * 4 * 10'000);
}

TEST(TeamSize, ComparesEqualAmountsOfWork) {
  TeamSize size;
  run(size, {.team = 1, .alone = 1.9}, 50, 1);
  const Spent longer =
      run(size, {.team = 1, .alone = 1.9}, 1'000, 8);  // positions grow; the machine is the same
  EXPECT_LE(longer.alone, 10);
}

}  // namespace
}  // namespace heed::nn
