// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/step_team.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <ATen/Parallel.h>

namespace heed::nn {
namespace {

TEST(StepTeam, SharesCoverEveryPieceOnceInOrder) {
  MeetingPlace place;
  for (const int64_t members : {1, 2, 3, 7}) {
    for (const int64_t pieces : {0, 1, 2, 6, 7, 8, 100}) {
      int64_t next = 0;
      for (int64_t number = 0; number < members; ++number) {
        const Share share = TeamMember(place, number, members).share(pieces);
        EXPECT_EQ(share.begin, next);
        EXPECT_LE(share.end - share.begin, pieces / members + 1);
        next = share.end;
      }
      EXPECT_EQ(next, pieces);
    }
  }
}

/// Each member adds to the count of a round; after the meeting all must see the whole count.
TEST(StepTeam, NobodyGoesOnBeforeAllHaveCome) {
  constexpr int kRounds = 2000;
  for (const int64_t members : {2, 3, 5}) {
    std::vector<std::atomic<int>> counts(kRounds);
    std::atomic<int> wrong = 0, size = 0;
    run_team(members, [&](const TeamMember& member) {
      ++size;
      member.meet();
      for (auto& count : counts) {
        ++count;
        member.meet();
        if (count != size) ++wrong;
      }
    });
    EXPECT_EQ(size, members);
    EXPECT_EQ(wrong, 0) << members << " members";
  }
}

/// Longer than a member asks: it sleeps, and must be woken.
TEST(StepTeam, AMemberThatSleepsIsWoken) {
  for (int round = 0; round < 3; ++round) {
    std::atomic<int> before = 0, after = 0;
    run_team(2, [&](const TeamMember& member) {
      if (member.number() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
      ++before;
      member.meet();
      if (before == 2) ++after;
      member.meet();
    });
    EXPECT_EQ(after, 2);
  }
}

TEST(StepTeam, InsideAParallelRegionTheCallerWorksAlone) {
  const int threads = at::get_num_threads();
  at::set_num_threads(2);
  std::atomic<int> calls = 0, alone = 0;
  at::parallel_for(0, 2, 1, [&](int64_t begin, int64_t end) {
    for (; begin < end; ++begin) {
      run_team(2, [&](const TeamMember& member) {
        ++calls;
        const Share all = member.share(10);
        if (all.begin == 0 && all.end == 10) ++alone;
        member.meet();
      });
    }
  });
  at::set_num_threads(threads);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(alone, 2);
}

}  // namespace
}  // namespace heed::nn
