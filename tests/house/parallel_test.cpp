// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include <ATen/Parallel.h>

namespace {

// Without -fopenmp the header's at::parallel_for compiles to a serial loop, silently.
TEST(ParallelFor, RunsOnMoreThanOneThread) {
#ifndef _OPENMP
  FAIL() << "compiled without OpenMP";
#endif
  at::set_num_threads(2);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  at::parallel_for(0, 8, 1, [&](int64_t, int64_t) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const std::lock_guard<std::mutex> lock(mutex);
    threads.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(threads.size(), 2u);
}

}  // namespace
