// SPDX-License-Identifier: Apache-2.0
#include "heed/core/memory.h"

#include <algorithm>
#include <cstddef>
#include <memory>

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace heed {
namespace {

long page_faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

/// Returns the page faults of allocating, writing and freeing 64 MiB ten times.
long faults_of_large_blocks() {
  constexpr size_t kBytes = size_t{1} << 26;
  const long before = page_faults();
  for (int i = 0; i < 10; ++i) {
    const auto block = std::make_unique_for_overwrite<char[]>(kBytes);
    std::fill_n(block.get(), kBytes, static_cast<char>(i));
  }
  return page_faults() - before;
}

TEST(KeepFreedMemory, LargeBlocksAreTakenAgainWithoutPageFaults) {
#if !defined(__GLIBC__)
  GTEST_SKIP() << "does nothing without glibc";
#endif
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer has an allocator of its own";
#endif
  const long anew = faults_of_large_blocks();
  keep_freed_memory();
  faults_of_large_blocks();
  EXPECT_LT(faults_of_large_blocks(), anew / 20 + 10);
}

TEST(FormatBytes, UsesPowersOfTen) {
  EXPECT_EQ(format_bytes(0), "0 bytes");
  EXPECT_EQ(format_bytes(999), "999 bytes");
  EXPECT_EQ(format_bytes(8.6e9), "8.6 GB");
  EXPECT_EQ(format_bytes(4e12), "4.0 TB");
  EXPECT_EQ(format_bytes(1e30), "1000000000000.0 EB");
}

TEST(AvailableMemory, IsWhatTheAddressLimitLeaves) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer needs more addresses than any limit";
#endif
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &old), 0);
  EXPECT_GT(available_memory(), 1e6);
  constexpr double kLimit = 3e9;
  rlimit limit = old;
  limit.rlim_cur = static_cast<rlim_t>(kLimit);
  ASSERT_EQ(setrlimit(RLIMIT_AS, &limit), 0);
  const double left = available_memory();
  setrlimit(RLIMIT_AS, &old);
  EXPECT_LT(left, kLimit);
}

TEST(ExpectMemory, SaysHowMuchWasAskedForAndForWhat) {
  EXPECT_NO_THROW(expect_memory(1));
  try {
    expect_memory(1e18, "the weights");
    FAIL() << "no machine has an exabyte";
  } catch (const OutOfMemory& error) {
    EXPECT_EQ(error.exit_code(), 1);
    EXPECT_EQ(error.message().rfind("out of memory: 1.0 EB more needed for the weights, ", 0), 0u)
        << error.message();
  }
}

}  // namespace
}  // namespace heed
