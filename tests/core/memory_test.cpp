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

}  // namespace
}  // namespace heed
