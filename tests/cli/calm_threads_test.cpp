// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/calm_threads.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <omp.h>
#include <pthread.h>

namespace heed::cli {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

double cpu_seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void work_for(double seconds) {
  const double end = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) + seconds;
  while (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) < end) {}
}

/// What the second of two threads of OpenMP computes while it only waits for the first, over what that one
/// does: about 1 when it spins, about 0 when it sleeps. Other programs change neither.
double share_of_waiting() {
  clockid_t second{};
  const auto region = [&] {
#pragma omp parallel num_threads(2)
    if (omp_get_thread_num() == 1) pthread_getcpuclockid(pthread_self(), &second);
  };
  region();
  const double own = cpu_seconds(CLOCK_THREAD_CPUTIME_ID), other = cpu_seconds(second);
  for (int i = 0; i < 20; ++i) {
    region();
    work_for(0.002);
  }
  return (cpu_seconds(second) - other) / (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - own);
}

/// Busy threads, two for each core.
class Load {
 public:
  Load() {
    for (int i = 0; i < 2 * omp_get_num_procs(); ++i)
      threads_.emplace_back([](std::stop_token stop) { while (!stop.stop_requested()) {} });
  }

 private:
  std::vector<std::jthread> threads_;
};

class CalmThreadsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (omp_get_num_procs() < 2) GTEST_SKIP() << "one core: OpenMP's threads never spin";
    if (std::getenv("GOMP_SPINCOUNT") || std::getenv("OMP_WAIT_POLICY"))
      GTEST_SKIP() << "the environment decides";
  }
};

TEST_F(CalmThreadsTest, WaitingThreadsSleepWhileTheCoresAreBusyAndSpinAgainAfterwards) {
  EXPECT_GT(share_of_waiting(), 0.5);
  {
    const CalmThreads calm(2);
    const Load load;
    const auto end = Clock::now() + 30s;
    double share = 1;
    while (share > 0.2 && Clock::now() < end) share = share_of_waiting();
    EXPECT_LE(share, 0.2);
  }
  EXPECT_GT(share_of_waiting(), 0.5);
}

TEST_F(CalmThreadsTest, OneThreadWaitsForNone) {
  EXPECT_EQ(waiting_threads(1), "one thread waits for none");
}

TEST_F(CalmThreadsTest, MoreThreadsThanCoresSleepAnyway) {
  EXPECT_NE(waiting_threads(omp_get_num_procs() + 1).find("more threads than cores"), std::string::npos);
}

}  // namespace
}  // namespace heed::cli
